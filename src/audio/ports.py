"""What audio needs from others; `touchline.wiring` supplies it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from audio.repository import Refusal


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel as players are told of it."""

    channel_id: str
    slug: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class SourceGrant:
    """The channel that a source's credentials open."""

    channel_id: str
    slug: str


class Channels(Protocol):
    """Channels, and what happens on them when sound comes and goes."""

    async def authenticate_source(self, mount: str, password: str) -> SourceGrant | None:
        """The channel of this mount (its slug) if the password is right, in constant time; None otherwise."""
        ...

    async def by_slug(self, slug: str) -> ChannelRef | None:
        """The channel of a slug, or None."""
        ...

    async def source_connected(self, channel_id: str) -> None:
        """Sound arrives: the stream starts or goes on. Called again it changes nothing."""
        ...

    async def source_lost(self, channel_id: str) -> None:
        """Sound stays away. Called again it changes nothing."""
        ...

    async def source_title(self, channel_id: str, *, artist: str | None, title: str) -> None:
        """The source names what it plays. Nothing happens off air: who starts the stream asks for it (`Sources`).

        Args:
            channel_id: Whose source.
            artist: Who plays, if the source says so.
            title: What plays.
        """
        ...

    async def source_refused(self, channel_id: str, refusal: Refusal) -> None:
        """A source was not let in, or thrown out: to be shown to the station alone."""
        ...

    async def now_playing(self, channel_id: str) -> str | None:
        """What a player shows: "Artist - Track", or the show's title."""
        ...


class ListenerCounter(Protocol):
    """Who hears a channel counts as a listener."""

    async def opened(self, channel_id: str, player_id: str, member: str, session: str | None) -> None:
        """A player began to listen.

        Args:
            channel_id: What is heard.
            player_id: This player, until `closed`.
            member: Whom to count, if it is no page's sound.
            session: The connection of the page whose sound it says it is.
        """
        ...

    async def closed(self, channel_id: str, player_id: str) -> None:
        """A player went away: it is counted no longer."""
        ...


class Addresses(Protocol):
    """How many connections each address has, of every kind."""

    def has_room(self, address: str) -> bool:
        """Whether another connection of this address is welcome."""
        ...

    def enter(self, address: str) -> None:
        """A connection of this address has begun."""
        ...

    def leave(self, address: str) -> None:
        """A connection of this address is over."""
        ...
