from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.http1 import MAX_HEAD_BYTES, BadRequest, Body, Head, HeadReader, parse_head
from audio.titles import decode_title

FFMPEG = (
    b"PUT /radio.mp3 HTTP/1.1\r\nUser-Agent: Lavf/59.27.100\r\nAccept: */*\r\nExpect: 100-continue\r\n"
    b"Connection: close\r\nHost: 127.0.0.1:8005\r\nContent-Type: audio/mpeg\r\nIcy-MetaData: 1\r\nIce-Public: 0\r\n"
    b"Authorization: Basic " + base64.b64encode(b"source:p:w") + b"\r\n\r\n"
)


def head(*fields: str, method: str = "PUT", target: str = "/a") -> Head:
    return parse_head("\r\n".join([f"{method} {target} HTTP/1.1", *fields]).encode())


@given(st.lists(st.integers(0, len(FFMPEG) + 5), max_size=12))
def test_a_head_in_any_pieces(places: list[int]) -> None:
    data = FFMPEG + b"\xff\xfbxyz"
    reader, found, rest = HeadReader(), None, b""
    edges = [0, *sorted(places), len(data)]
    for start, end in itertools.pairwise(edges):
        if found is not None:
            rest += data[start:end]
        elif (answer := reader.feed(data[start:end])) is not None:
            found, rest = answer
    assert found is not None
    assert rest == b"\xff\xfbxyz"
    assert (found.method, found.mount, found.password) == ("PUT", "radio", "p:w")
    assert not found.keeps_alive


@given(st.binary(max_size=400))
def test_rubbish_is_refused_or_waited_for(data: bytes) -> None:
    status = 400
    try:
        HeadReader().feed(data)
        HeadReader().feed(data + b"\r\n\r\n")
    except BadRequest as error:
        status = error.status
    assert status in {400, 431, 501, 505}


def test_ancient_source_clients() -> None:
    found = HeadReader().feed(b"SOURCE /radio ICE/1.0\nice-name: x\ncontent-type: audio/mpeg\n\n\xff")
    assert found is not None
    assert (found[0].method, found[0].version, found[0].mount, found[1]) == ("SOURCE", "ICE/1.0", "radio", b"\xff")


def test_heads_are_bounded() -> None:
    reader = HeadReader()
    assert reader.feed(b"PUT / HTTP/1.1\r\nX: " + b"y" * (MAX_HEAD_BYTES - 19)) is None
    with pytest.raises(BadRequest, match="too large"):
        reader.feed(b"y")
    with pytest.raises(BadRequest, match="Too many"):
        head(*[f"X-{n}: y" for n in range(200)])


@pytest.mark.parametrize(
    ("fields", "password"),
    [([], None), (["Authorization: Bearer abc"], None), (["Authorization: Basic !!"], None),
     (["Authorization: basic " + base64.b64encode(b"x").decode()], ""),
     (["Authorization: Basic " + base64.b64encode("source:ü:1".encode()).decode()], "ü:1")],
)  # fmt: skip
def test_basic_credentials(fields: list[str], password: str | None) -> None:
    assert head(*fields).password == password


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=10), st.lists(st.integers(0, 900), max_size=10))
def test_chunked_bodies_in_any_pieces(chunks: list[bytes], places: list[int]) -> None:
    data = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\nmore"
    body, got = Body(head("Transfer-Encoding: chunked")), b""
    edges = [0, *sorted(place % len(data) for place in places), len(data)]
    for start, end in itertools.pairwise(edges):
        got += body.feed(data[start:end])
    assert got == b"".join(chunks)
    assert body.ended


@pytest.mark.parametrize("data", [b"zz\r\n", b"-5\r\n", b"3\r\nabcX\r\n", b"1" * 200])
def test_bad_chunks(data: bytes) -> None:
    with pytest.raises(BadRequest):
        Body(head("Transfer-Encoding: chunked")).feed(data)


def test_bodies_with_and_without_a_length() -> None:
    body = Body(head("Content-Length: 5"))
    assert body.feed(b"abc") + body.feed(b"defg") == b"abcde"
    assert body.ended
    endless = Body(head())
    assert endless.feed(b"abc") == b"abc"
    assert not endless.ended


def test_titles_in_any_charset() -> None:
    query = head(target="/admin/metadata?song=Caf%C3%A9&artist=Caf%E9&x=%E0%E1", method="GET").query
    assert decode_title(query["song"], "") == "Café"
    assert decode_title(query["artist"], "") == "Café"
    assert decode_title(query["artist"], "no-such-charset") == "Café"
    assert decode_title(query["x"], "koi8-r") == "ЮА"
    assert decode_title(None, "utf-8") is None
