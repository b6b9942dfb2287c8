"""What a feature hands to the composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from kit.contracts import ServerEvent
from kit.gateway import Gateway


class SnapshotPart(Protocol):
    """One field of the snapshot that a joiner of a channel gets."""

    name: str
    schema: type[msgspec.Struct]
    optional: bool
    """Whether `load` may have nothing to say."""

    async def load(self, channel_id: str) -> msgspec.Struct | None:
        """The part's present state, or None where it has nothing to say.

        It is the same for everybody, since many joiners share one snapshot, and whatever changes it is announced in the
        channel's room (else it may be seen late, by `kit.snapshots.MAX_AGE`).
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Module:
    """A feature's doors, what it says to clients, and what runs while the server runs.

    Attributes:
        controllers: Litestar controllers and route handlers, ready to be registered.
        lifespan: Entered at start-up in wiring order and left in reverse.
    """

    gateways: Sequence[Gateway] = ()
    controllers: Sequence[Any] = ()
    events: Sequence[ServerEvent[Any]] = ()
    parts: Sequence[SnapshotPart] = ()
    lifespan: Callable[[], AbstractAsyncContextManager[object]] = field(default=nullcontext)
