"""What no source sends is refused rather than guessed at: two readers of one request must not read two things."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.http1 import BadRequest, Body, Head, HeadReader, parse_head
from audio.titles import decode_title
from kit.heads import MAX_FIELDS, MAX_HEAD_BYTES

PUT = b"PUT /radio HTTP/1.1\r\n"


def status_of(data: bytes, step: int = 100_000) -> int | None:
    """What a head is refused with; None when it is taken, or waited for."""
    reader = HeadReader()
    try:
        for start in range(0, len(data), step):
            if (found := reader.feed(data[start : start + step])) is not None:
                Body(found[0])
                return None
    except BadRequest as error:
        return error.status
    return None


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\ncontent-length: 6\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Authorization: Basic eDp5\r\nAuthorization: Basic eDp6\r\n",
        b"Host: a\r\nHost: b\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 5_0\r\n",
        b"Content-Length: \xb2\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"X: y\r\n folded\r\n",
        b"X: y\r\n\tfolded\r\n",
        b"X : y\r\n",
        b" X: y\r\n",
        b": y\r\n",
        b"X\r\n",
        b"X: a\x00b\r\n",
        b"X: a\rb\r\n",
        b"X\x0b: a\r\n",
        b"X\xe9: a\r\n",
    ],
)
@pytest.mark.parametrize("step", [1, 100_000])
def test_a_field_that_could_be_read_in_two_ways_is_refused(fields: bytes, step: int) -> None:
    assert status_of(PUT + b"X-First: 1\r\n" + fields + b"\r\n", step) == 400


@pytest.mark.parametrize(
    "line", [b"PUT /a\x00 HTTP/1.1\r\n", b"PUT /a\rb HTTP/1.1\r\n", b"PUT  HTTP/1.1\r\n", b"PUT\r\n"]
)
def test_a_request_line_that_is_none_is_refused(line: bytes) -> None:
    assert status_of(line + b"\r\n") == 400


@pytest.mark.parametrize("step", [1, 1000, 1_000_000])
def test_heads_are_bounded_whatever_their_pieces(step: int) -> None:
    filler = b"X: " + b"y" * (MAX_HEAD_BYTES - len(PUT) - 7) + b"\r\n\r\n"
    assert status_of(PUT + filler, step) is None
    assert status_of(PUT + b"z" + filler, step) == 431
    assert status_of(PUT + b"X" * MAX_HEAD_BYTES, step) == 431
    assert status_of(PUT + b"X: y\r\n" * MAX_FIELDS + b"\r\n", step) is None
    assert status_of(PUT + b"X: y\r\n" * (MAX_FIELDS + 1) + b"\r\n", step) == 431


@pytest.mark.parametrize("line", [b"+5", b"-5", b"0x5", b"5_0", b" 5", b"", b"5 5", b"1" * 16, b"\xb2"])
def test_a_chunk_size_is_a_hexadecimal_number(line: bytes) -> None:
    body = Body(parse_head(PUT + b"Transfer-Encoding: chunked"))
    with pytest.raises(BadRequest):
        body.feed(line + b"\r\n")


@given(st.binary(max_size=30), st.text(max_size=30), st.binary(max_size=30))
def test_any_credentials_and_any_charset_are_read_or_not(raw: bytes, charset: str, text: bytes) -> None:
    for value in (raw.decode("latin-1"), base64.b64encode(raw).decode()):
        assert isinstance(Head("PUT", "/a", "HTTP/1.1", {"authorization": f"Basic {value}"}).password, str | None)
    for name in (charset, charset + "\0", "\0", "hex", "idna", "undefined", "rot13", "a.b", "../x"):
        assert isinstance(decode_title(text, name), str)
