"""Where requests begin and end does not depend on the pieces in which they come, and everything has a bound."""

from __future__ import annotations

import itertools

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.heads import MAX_FIELDS, MAX_HEAD_BYTES
from realtime.http_framing import MAX_CHUNK_LINE, FramingError, RequestFraming, is_one_head


class Parser:
    """The parser behind the framing, and what it has read: heads with their fields, and bodies."""

    def __init__(self) -> None:
        self.framing = RequestFraming()
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.in_request = False
        self._fields: list[tuple[bytes, bytes]] = []
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        self.framing.put(data)
        while piece := self.framing.take():
            if not self.in_request:
                self.in_request = True
                self.heads.append(piece)
                self.bodies.append(b"")
                self._fields = []
                self._parser.feed_data(piece)
                if self.in_request:
                    self.framing.body_follows(self._fields)
            else:
                self._parser.feed_data(piece)

    def on_header(self, name: bytes, value: bytes) -> None:
        assert name != b"X-T", "trailers are dropped"
        self._fields.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.bodies[-1] += body

    def on_message_complete(self) -> None:
        self.in_request = False


def status_of(framing: RequestFraming, data: bytes, step: int) -> int | None:
    """What these bytes are refused with, in pieces of a size; None if they are not."""
    try:
        for start in range(0, len(data), step):
            framing.put(data[start : start + step])
            while framing.take():
                pass
            assert framing.size <= MAX_HEAD_BYTES
    except FramingError as error:
        return error.status
    return None


def chunked(parts: list[bytes], extension: bytes, trailers: list[bytes]) -> bytes:
    lines = b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts if part)
    return lines + b"0" + extension + b"\r\n" + b"".join(b"X-T: %s\r\n" % one for one in trailers) + b"\r\n"


BODY = st.binary(max_size=40) | st.sampled_from([b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"0\r\n\r\n"])
REQUEST = st.one_of(
    st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]).map(lambda v: (v, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"", b"")),
    BODY.map(lambda b: (b"", b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(b), b, b)),
    st.tuples(st.lists(BODY, max_size=4), st.sampled_from([b"", b";a=b"]), st.lists(st.just(b"y"), max_size=2)).map(
        lambda v: (b"", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(*v), b"".join(v[0]))
    ),
)  # fmt: skip


@given(st.lists(REQUEST, min_size=1, max_size=4), st.lists(st.integers(0, 600), max_size=30))
def test_the_pieces_in_which_requests_come_change_nothing(
    requests: list[tuple[bytes, bytes, bytes, bytes]], places: list[int]
) -> None:
    data = b"".join(blank + head + sent for blank, head, sent, _ in requests)
    for cuts in (places, range(len(data)), []):
        parser = Parser()
        for start, end in itertools.pairwise([0, *sorted(min(place, len(data)) for place in cuts), len(data)]):
            if end > start:
                parser.feed(data[start:end])
        assert parser.heads == [head for _, head, _, _ in requests]
        assert parser.bodies == [body for *_, body in requests]
        assert not parser.in_request
        assert parser.framing.size == 0


@given(st.binary(max_size=300), st.integers(1, 50))
def test_rubbish_is_refused_or_waited_for(data: bytes, step: int) -> None:
    assert status_of(RequestFraming(), data, step) in {None, 400, 431}


@given(st.lists(REQUEST, max_size=2), st.binary(max_size=5))
def test_one_head_is_what_the_framing_would_take(
    requests: list[tuple[bytes, bytes, bytes, bytes]], more: bytes
) -> None:
    data = b"".join(blank + head + sent for blank, head, sent, _ in requests) + more
    if is_one_head(data):
        framing = RequestFraming()
        framing.put(data)
        assert framing.take() == data


@pytest.mark.parametrize("step", [1, 7, 4096, 100_000])
@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * MAX_HEAD_BYTES * 2,
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 1000 + b"\r\n" + b"Y: z\r\n" * MAX_FIELDS + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"Y: z\r\n" * MAX_FIELDS * 3,
        b"GET / HTTP/1.1\r\nX:" + b" y\r\n" * MAX_FIELDS * 3,
    ],
    ids=["target", "field", "unended", "fields", "unended fields", "folded"],
)
def test_a_head_is_bounded(head: bytes, step: int) -> None:
    assert status_of(RequestFraming(), head, step) == 431


def test_the_largest_head_is_taken() -> None:
    fields = b"".join(b"X-%d: y\r\n" % n for n in range(MAX_FIELDS - 1))
    head = b"GET / HTTP/1.1\r\n" + fields
    head += b"X: " + b"z" * (MAX_HEAD_BYTES - len(head) - 7) + b"\r\n\r\n"
    assert len(head) == MAX_HEAD_BYTES
    for step in (1, len(head)):
        framing, taken = RequestFraming(), b""
        for start in range(0, len(head), step):
            framing.put(head[start : start + step])
            taken += framing.take()
        assert taken == head


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"5;" + b"x" * MAX_CHUNK_LINE + b"\r\nhello\r\n", 400),
        (b"1;" + b"x" * (MAX_CHUNK_LINE - 10) + b"\r\ny\r\n" * 1000, 400),
        (b"1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\ny\r\n" * 20_000, 400),
        (b"0\r\n" + b"T: " + b"x" * MAX_HEAD_BYTES, 431),
        (b"0\r\n" + b"T: x\r\n" * (MAX_FIELDS + 2), 431),
        (b"-5\r\n", 400),
        (b"0x5\r\n", 400),
        (b"5_0\r\n", 400),
        (b"\r\n", 400),
        (b"1000000000000000000000\r\n", 400),
    ],
)
@pytest.mark.parametrize("step", [1, 1000, 1_000_000])
def test_the_framing_of_chunks_is_bounded(sent: bytes, status: int, step: int) -> None:
    framing = RequestFraming()
    framing.body_follows([(b"transfer-encoding", b"chunked")])
    assert status_of(framing, sent, step) == status


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02", b"get / HTTP/1.1\r\n", b"GET / HTTP/1.1\n", b"\r\n\x00", b"GET / HTTP/1.1\r\nA: b\n"]
)
def test_what_is_no_request_is_refused_before_it_is_whole(data: bytes) -> None:
    for step in (1, len(data)):
        assert status_of(RequestFraming(), data, step) == 400


def test_small_chunks_of_a_real_client_are_taken() -> None:
    framing, data = RequestFraming(), b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n"
    framing.body_follows([(b"transfer-encoding", b"chunked")])
    framing.put(data)
    assert framing.take() == data
