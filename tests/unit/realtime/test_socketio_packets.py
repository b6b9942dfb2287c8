"""Packets: what is encoded is decoded, and no text upsets the decoder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import socketio_packets as packets
from realtime.engineio_packets import PacketError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=4), st.sampled_from(["/", "/streaming"]), st.none() | st.integers(0, 10**15 - 1))
def test_what_is_encoded_is_decoded(arguments: list[object], namespace: str, number: int | None) -> None:
    data = ["name", *arguments]
    packet, attachments = packets.encode(packets.EVENT, namespace, data, number)
    if len(attachments) > 10:
        return
    read = packets.decode(packet[1:].decode())
    assert read.type == (packets.BINARY_EVENT if attachments else packets.EVENT)
    assert (read.namespace, read.id, read.attachments) == (namespace, number, len(attachments))
    if "_placeholder" not in str(arguments):
        assert packets.with_attachments(read, attachments).data == data


@given(st.text() | st.text(alphabet='0123456789-/,[]{}"_abcplaceholder', max_size=40))
def test_any_text_is_a_packet_or_a_packet_error(text: str) -> None:
    try:
        packet = packets.decode(text)
    except PacketError:
        return
    assert packet.namespace.startswith("/")
    assert packet.attachments <= 10


@pytest.mark.parametrize(
    ("text", "namespace", "number"),
    [
        ('2["a"]', "/", None),
        ('2/streaming,["a"]', "/streaming", None),
        ('2/streaming,12["a"]', "/streaming", 12),
        ('2/streaming?token=1,["a"]', "/streaming", None),
        ('20["a"]', "/", 0),
    ],
)
def test_the_head_is_taken_apart(text: str, namespace: str, number: int | None) -> None:
    assert packets.decode(text) == packets.Packet(packets.EVENT, namespace, number, ["a"])
