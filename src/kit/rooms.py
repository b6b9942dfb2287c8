"""The names of the rooms that events are published to.

The rooms of a channel or match that is followed have one string for all their members, not one for each.
"""

from __future__ import annotations

from functools import lru_cache

EVERYONE = "everyone"
ADMINS = "admins"
_SHARED = 1024  # rooms that a worker is busy with at a time; others only cost their members a string


@lru_cache(maxsize=_SHARED)
def channel_room(channel_id: str) -> str:
    """The room of everybody who has a channel open."""
    return f"channel:{channel_id}"


def channel_of(room: str) -> str | None:
    """The channel whose room this is, or None for other rooms."""
    kind, _, channel_id = room.partition(":")
    return channel_id if kind == "channel" else None


def studio_room(channel_id: str) -> str:
    """The room of the channel's own studio pages: who is in it is no listener."""
    return f"studio:{channel_id}"


def studio_of(room: str) -> str | None:
    """The channel whose studio's room this is, or None for other rooms."""
    kind, _, channel_id = room.partition(":")
    return channel_id if kind == "studio" else None


@lru_cache(maxsize=_SHARED)
def match_room(match_id: str) -> str:
    """The room of everybody who follows a match."""
    return f"match:{match_id}"
