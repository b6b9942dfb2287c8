"""What chat needs from others; `touchline.wiring` supplies it."""

from __future__ import annotations

from typing import Protocol


class Channels(Protocol):
    """Channels, as far as chat needs to know them."""

    async def owner_of(self, channel_id: str) -> str:
        """The user who owns a channel; raises `NotFound`."""
        ...

    async def id_of(self, name: str) -> str:
        """The id of a channel, by id or slug; raises `NotFound`."""
        ...
