"""Socket.IO packets, protocol revision 5, as the payload of Engine.IO messages."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from kit.contracts import encode_event
from realtime.engineio_packets import PacketError

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)

_MAX_ATTACHMENTS = 10  # nothing of ours has any; what is announced must be remembered until it has come
# <type>[<attachments>-][/<namespace>[?query],][<ack id>][JSON]; an id stays below 2^53, as JavaScript's numbers do
_HEAD = re.compile(r"([0-6])(?:(\d{1,3})-)?(?:(/[^,?]{0,100})(?:\?[^,]{0,200})?(?:,|$))?(\d{1,15})?", re.ASCII)


class Packet(NamedTuple):
    """One packet; of binary ones the data is complete once the attachments are put in."""

    type: int
    namespace: str
    id: int | None
    data: Any
    attachments: int = 0


def decode(text: str) -> Packet:
    """Read a packet of a client.

    Raises:
        PacketError: It is none: bad type, bad JSON, data of the wrong shape, attachments where none can be.
    """
    match = _HEAD.match(text)
    if match is None:
        raise PacketError("unknown packet")
    kind, count, namespace, number = match.groups()
    rest = text[match.end() :]
    try:
        data = msgspec.json.decode(rest) if rest else None
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise PacketError("bad JSON") from error
    packet = Packet(
        int(kind), namespace or "/", None if number is None else int(number), data, 0 if count is None else int(count)
    )
    if not _is_valid(packet, count is not None):
        raise PacketError("bad packet")
    return packet


def _is_valid(packet: Packet, counted: bool) -> bool:
    kind, data = packet.type, packet.data
    if counted != (kind in {BINARY_EVENT, BINARY_ACK}) or packet.attachments > _MAX_ATTACHMENTS:
        return False
    if kind == CONNECT:
        return (data is None or isinstance(data, dict)) and packet.id is None
    if kind == DISCONNECT:
        return data is None
    if kind in {EVENT, BINARY_EVENT}:
        return isinstance(data, list) and len(data) > 0 and type(data[0]) in {str, int}
    return kind in {ACK, BINARY_ACK} and isinstance(data, list) and packet.id is not None


def with_attachments(packet: Packet, attachments: list[bytes]) -> Packet:
    """Put the attachments in their places; raises `PacketError` if a place names none."""

    def fill(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, dict):
            if value.get("_placeholder") is True:
                number = value.get("num")
                if type(number) is not int or not 0 <= number < len(attachments):
                    raise PacketError("a placeholder without attachment")
                return attachments[number]
            return {key: fill(item) for key, item in value.items()}
        return value

    return packet._replace(data=fill(packet.data), attachments=0)


def head(kind: int, namespace: str, number: int | None = None, attachments: int | None = None) -> bytes:
    """The beginning of a packet, Engine.IO's `4` included; JSON follows."""
    count = "" if attachments is None else f"{attachments}-"
    where = "" if namespace == "/" else f"{namespace},"
    return f"4{kind}{count}{where}{'' if number is None else number}".encode()


def encode(kind: int, namespace: str, data: object, number: int | None = None) -> tuple[bytes, list[bytes]]:
    """An EVENT or ACK as an Engine.IO text packet, and the binary messages that follow it."""
    attachments: list[bytes] = []

    def detach(value: object) -> object:
        if isinstance(value, bytes):
            attachments.append(value)
            return {"_placeholder": True, "num": len(attachments) - 1}
        if isinstance(value, list):
            return [detach(item) for item in value]
        if type(value) is dict:
            return {key: detach(item) for key, item in value.items()}
        return value

    data = detach(data)
    if attachments:
        kind = BINARY_EVENT if kind == EVENT else BINARY_ACK
        return head(kind, namespace, number, len(attachments)) + encode_event(data), attachments
    return head(kind, namespace, number) + encode_event(data), attachments


def event_packet(namespace: str, event: str, payload: bytes, offset: str | None = None) -> bytes:
    """An EVENT as an Engine.IO text packet, for payloads that were encoded before.

    Args:
        namespace: Where it is sent.
        event: Its name.
        payload: Its argument, as JSON.
        offset: Its last argument, where it has one.
    """
    name = msgspec.json.encode(event)
    last = b"]" if offset is None else b',"' + offset.encode() + b'"]'
    return head(EVENT, namespace) + b"[" + name + b"," + payload + last
