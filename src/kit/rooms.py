"""The names of the rooms that events are published to."""

from __future__ import annotations

EVERYONE = "everyone"
ADMINS = "admins"


def channel_room(channel_id: str) -> str:
    """The room of everybody who has a channel open."""
    return f"channel:{channel_id}"


def channel_of(room: str) -> str | None:
    """The channel whose room this is, or None for other rooms."""
    kind, _, channel_id = room.partition(":")
    return channel_id if kind == "channel" else None


def match_room(match_id: str) -> str:
    """The room of everybody who follows a match."""
    return f"match:{match_id}"
