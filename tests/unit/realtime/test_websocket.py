"""RFC 6455, server side: each demand by name, and that no bytes at all can upset the reader."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode
from websockets.speedups import apply_mask

from realtime.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameReader,
    Message,
    WebSocketError,
    accept_key,
    close_code,
    close_frame,
    frame,
)

LIMIT = 100_000


def sent(opcode: int, payload: bytes, *, final: bool = True, mask: bytes = b"\x11\x22\x33\x44", rsv: int = 0) -> bytes:
    """A frame as a client sends it."""
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 65536:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return bytes((0x80 * final | rsv | opcode,)) + length + mask + apply_mask(payload, mask)


def read(*pieces: bytes, limit: int = LIMIT) -> tuple[list[Message], int | None]:
    """All messages, and the code of the error that ended it."""
    reader = FrameReader(limit)
    messages: list[Message] = []
    for piece in pieces:
        try:
            messages += reader.feed(piece)
        except WebSocketError as error:
            return messages + error.messages, error.code
    return messages, None


def test_the_key_of_the_rfc_is_answered_as_there() -> None:
    assert accept_key(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("key", [b"", b"short", b"dGhlIHNhbXBsZSBub25j", b"*" * 24, "ü".encode() * 12])
def test_a_key_that_is_not_16_bytes_has_no_answer(key: bytes) -> None:
    assert accept_key(key) is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, LIMIT])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_every_length_is_read(opcode: int, size: int) -> None:
    payload = b"x" * size
    expected = payload.decode() if opcode == TEXT else payload
    assert read(sent(opcode, payload)) == ([(opcode, expected)], None)


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, LIMIT])
def test_what_we_send_is_what_the_websockets_library_sends(size: int) -> None:
    payload = b"y" * size
    assert frame(BINARY, payload) == Frame(Opcode.BINARY, payload).serialize(mask=False)
    assert close_frame(1001, "bye") == Frame(Opcode.CLOSE, Close(1001, "bye").serialize()).serialize(mask=False)


def test_a_close_reason_is_cut_to_a_control_frame_without_breaking_a_character() -> None:
    written = close_frame(1000, "ä" * 100)
    assert written[1] <= 125
    assert written[4:].decode() == "ä" * 61


def test_control_frames_come_between_fragments() -> None:
    messages, error = read(
        sent(TEXT, b"Hel", final=False), sent(PING, b"now"), sent(CONTINUATION, b"l", final=False), sent(PONG, b""),
        sent(CONTINUATION, b"o"), sent(BINARY, b"\x00"),
    )  # fmt: skip
    assert error is None
    assert messages == [(PING, b"now"), (PONG, b""), (TEXT, "Hello"), (BINARY, b"\x00")]


def test_a_character_may_be_split_between_fragments() -> None:
    whole = "🎉".encode()
    assert read(sent(TEXT, whole[:2], final=False), sent(CONTINUATION, whole[2:])) == ([(TEXT, "🎉")], None)


BROKEN = {
    "unmasked": (frame(TEXT, b"x"), 1002),
    "reserved bit 1": (sent(TEXT, b"x", rsv=0x40), 1002),
    "reserved bit 2": (sent(TEXT, b"x", rsv=0x20), 1002),
    "reserved bit 3": (sent(PING, b"x", rsv=0x10), 1002),
    "reserved data opcode": (sent(3, b"x"), 1002),
    "reserved control opcode": (sent(11, b"x"), 1002),
    "fragmented ping": (sent(PING, b"x", final=False), 1002),
    "long ping": (sent(PING, b"x" * 126), 1002),
    "continuation of nothing": (sent(CONTINUATION, b"x"), 1002),
    "message within a message": (sent(TEXT, b"x", final=False) + sent(TEXT, b"y"), 1002),
    "length of 16 bits for 125": (b"\x81\xfe\x00\x7d" + bytes(129), 1002),
    "length of 64 bits for 65535": (b"\x82\xff" + (65535).to_bytes(8, "big") + bytes(65539), 1002),
    "length with its highest bit": (b"\x82\xff\x80" + bytes(11), 1002),
    "text is not UTF-8": (sent(TEXT, b"\xff\xfe"), 1007),
    "long text is not UTF-8": (sent(TEXT, b"x" * 500 + b"\xc3"), 1007),
    "fragments are not UTF-8": (sent(TEXT, b"\xc3", final=False) + sent(CONTINUATION, b"x"), 1007),
    "surrogate": (sent(TEXT, b"\xed\xa0\x80"), 1007),
    "too big": (sent(BINARY, bytes(LIMIT + 1)), 1009),
    "too big by its header": (b"\x82\xff" + (2**40).to_bytes(8, "big"), 1009),
    "too big in fragments": (sent(BINARY, bytes(LIMIT), final=False) + sent(CONTINUATION, b"x"), 1009),
    "endless empty fragments": (sent(TEXT, b"", final=False) + sent(CONTINUATION, b"", final=False) * 2000, 1008),
    "close with one byte": (sent(CLOSE, b"\x03"), 1002),
    "close reason is not UTF-8": (sent(CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "byte by byte"])
def test_what_is_broken_is_refused_with_its_code(data: bytes, code: int, whole: bool) -> None:
    before = sent(TEXT, b"before")
    pieces = [before + data] if whole else [before, *(bytes((byte,)) for byte in data)]
    assert read(*pieces) == ([(TEXT, "before")], code)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535])
def test_bad_close_codes_are_refused(code: int) -> None:
    assert read(sent(CLOSE, code.to_bytes(2, "big"))) == ([], 1002)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999])
def test_good_close_codes_are_taken_and_nothing_is_read_after_them(code: int) -> None:
    payload = code.to_bytes(2, "big") + b"why"
    messages, error = read(sent(CLOSE, payload) + sent(TEXT, b"x"), sent(TEXT, b"y"), b"\xff" * 100)
    assert (messages, error) == ([(CLOSE, payload)], None)
    assert close_code(payload) == code
    assert close_code(b"") == 1005


def test_nothing_is_read_after_an_error() -> None:
    reader = FrameReader(LIMIT)
    with pytest.raises(WebSocketError):
        reader.feed(b"\xff\xff")
    assert reader.feed(sent(TEXT, b"x")) == []
    assert reader.buffered == 0


FRAMES = st.lists(
    st.tuples(
        st.sampled_from([TEXT, BINARY]),
        st.text(max_size=200),
        st.lists(st.integers(0, 700), max_size=4),
        st.lists(st.binary(max_size=125), max_size=2),
    ),
    max_size=8,
)


@given(FRAMES, st.lists(st.integers(1, 400), min_size=1), st.binary(min_size=4, max_size=4))
def test_however_it_is_cut_the_messages_are_the_same(
    messages: list[tuple[int, str, list[int], list[bytes]]], cuts: list[int], mask: bytes
) -> None:
    wire, expected = b"", []
    for opcode, text, places, pings in messages:
        payload = text.encode()
        bounds = [0, *sorted(min(place, len(payload)) for place in places), len(payload)]
        parts = [payload[start:end] for start, end in itertools.pairwise(bounds)]
        between: list[Message] = []
        for n, part in enumerate(parts):
            wire += sent(opcode if n == 0 else CONTINUATION, part, final=n == len(parts) - 1, mask=mask)
            if n < len(parts) - 1:
                for ping in pings:
                    wire += sent(PING, ping, mask=mask)
                    between.append((PING, ping))
        expected += [*between, (opcode, text if opcode == TEXT else payload)]
    pieces, position = [], 0
    for cut in itertools.cycle(cuts):
        if position >= len(wire):
            break
        pieces.append(wire[position : position + cut])
        position += cut
    assert read(*pieces) == (expected, None)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_rubbish_raises_nothing_else_and_keeps_no_more_than_the_limit(pieces: list[bytes]) -> None:
    reader = FrameReader(1000)
    for piece in pieces:
        try:
            reader.feed(piece)
        except WebSocketError as error:
            assert error.code in {1002, 1007, 1008, 1009}  # noqa: PT017 - not raising is as good
        assert reader.buffered <= 2 * 1000 + 14


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=140)), max_size=20), st.data())
def test_headers_of_every_kind_raise_nothing_else(frames: list[tuple[int, bytes]], data: st.DataObject) -> None:
    wire = b"".join(sent(first & 0x0F, body, final=bool(first & 0x80), rsv=first & 0x70) for first, body in frames)
    size = data.draw(st.integers(1, 50))
    messages, error = read(*(wire[n : n + size] for n in range(0, len(wire), size)), limit=500)
    assert error in {None, 1002, 1007, 1008, 1009}
    assert all(isinstance(payload, str) == (opcode == TEXT) for opcode, payload in messages)
