"""Events as listeners of the stress run hear them, taken apart."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

from bench.stress.ledger import EVERYONE

RECOVERABLE = frozenset({
    "stream:started", "stream:stopped", "stream:live", "stream:offline", "stream:metadata", "stream:match",
    "chat:message", "match:event", "match:corrected",
})  # fmt: skip


class Heard(NamedTuple):
    """An event, taken apart."""

    name: str
    room: str
    data: Any
    payload: str
    offset: str


@functools.lru_cache(maxsize=256)  # hundreds hear the same one after another
def hear(text: str) -> Heard:
    """Read an EVENT packet from its JSON on."""
    event = json.loads(text)
    offset = event[-1] if len(event) > 1 and isinstance(event[-1], str) else ""
    payload = text.removesuffix(f',"{offset}"]') if offset else text.removesuffix("]")
    data = event[1] if len(event) > 1 else None
    return Heard(event[0], room_of(event[0], data), data, payload.partition(",")[2], offset)


def room_of(name: str, data: Any) -> str:  # noqa: ANN401 - JSON
    """The room that an event belongs to; empty for what is said to one connection."""
    if name.startswith("session:") or not isinstance(data, dict):
        return ""
    if name in {"stream:started", "stream:stopped", "streams:active"}:
        return EVERYONE
    if name.startswith("match:"):
        return "match:" + str(data.get("matchId") or data["id"])
    return "channel:" + str(data["channelId"])
