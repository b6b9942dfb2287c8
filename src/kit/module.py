"""What a feature hands to the composition root.

Every feature's `module.py` has a `build` that returns one of these, and `touchline.app` reads them: it has one list of
modules, and nothing else of a feature is named there twice. A module must not start anything by being built; what runs
begins in `lifespan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from kit.connections import ConnectionObserver
from kit.contracts import ServerEvent
from kit.gateway import Gateway


class SnapshotPart(Protocol):
    """One field of the snapshot that a joiner of a channel gets."""

    name: str
    schema: type[msgspec.Struct]

    async def load(self, channel_id: str) -> msgspec.Struct | None:
        """The part's present state, or None where it has nothing to say.

        It is the same for everybody, since many joiners share one snapshot, and whatever changes it is announced in the
        channel's room (else it may be seen late, by `kit.snapshots.MAX_AGE`).
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Module:
    """All of a feature that others put to use: what it answers, what it says, and what runs while the server runs.

    Attributes:
        gateways: Its doors on the socket.
        controllers: Litestar controllers and route handlers, ready to be registered.
        dependencies: What controllers ask for, by the name of their parameter. Names are unique over all modules.
        caller_dependencies: The same for what only handlers ask for that ask who calls (see `touchline.http`).
        events: What it sends to clients.
        exported: Types that only REST carries, for the exported contract.
        observers: Told of every connection of this worker, in the order of the modules.
        parts: Its fields in the snapshot of a channel.
        lifespan: Entered at start-up in the order of the modules and left in reverse.
    """

    gateways: Sequence[Gateway] = ()
    controllers: Sequence[Any] = ()
    dependencies: Mapping[str, object] = field(default_factory=dict)
    caller_dependencies: Mapping[str, object] = field(default_factory=dict)
    events: Sequence[ServerEvent[Any]] = ()
    exported: Sequence[type[msgspec.Struct]] = ()
    observers: Sequence[ConnectionObserver] = ()
    parts: Sequence[SnapshotPart] = ()
    lifespan: Callable[[], AbstractAsyncContextManager[object]] = field(default=nullcontext)
