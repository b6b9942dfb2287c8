"""Clocks that are moved, callers, and what stands in for other modules behind a service's ports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog

from audio.repository import Refusal
from audio.titles import SourceTitle
from kit.contracts import Policy, Reply, encode_event
from kit.db import Transaction
from kit.errors import NotFound
from kit.session import ANYONE, Role, Session, roles_of
from kit.snapshots import Snapshots

START_MS = 1_795_000_000_000


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, ms: int = START_MS) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def forward(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


def caller(role: Role = Role.LISTENER, user_id: str = "user1", connection_id: str | None = None) -> Session:
    """A session of a user."""
    return Session(
        connection_id=connection_id or f"c-{user_id}",
        member=f"u:{user_id}",
        address="192.0.2.1",
        roles=roles_of(role),
        user_id=user_id,
        display_name=user_id.title(),
        role=role,
    )


def guest(connection_id: str = "c-guest") -> Session:
    """A session of nobody in particular."""
    return Session(connection_id=connection_id, member=f"g:{connection_id}", address="192.0.2.9", roles=ANYONE)


class RecordingRealtime:
    """Rooms and events of one worker, in memory; what is published is kept."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str, Any]] = []
        self.rooms: dict[str, set[str]] = {}
        self.open: set[str] | None = None
        self._once: set[str] = set()

    @property
    def offset(self) -> str:
        return f"e-{len(self.published)}"

    @property
    def place(self) -> str:
        return self.offset

    async def publish(
        self,
        room: str,
        event: str,
        payload: msgspec.Struct | msgspec.Raw,
        policy: Policy,  # noqa: ARG002 - the port's signature
        *,
        once: str | None = None,
    ) -> str:
        if once is None or once not in self._once:
            self._once.add(once or "")
            raw = bytes(payload) if isinstance(payload, msgspec.Raw) else encode_event(payload)
            self.published.append((room, event, json.loads(raw)))
        return self.offset

    async def join(self, connection_id: str, room: str) -> str:
        self.rooms.setdefault(room, set()).add(connection_id)
        return self.offset

    async def leave(self, connection_id: str, room: str) -> None:
        self.rooms.get(room, set()).discard(connection_id)

    async def send(self, connection_id: str, event: str, payload: msgspec.Struct | msgspec.Raw) -> None:
        self.published.append((connection_id, event, json.loads(encode_event(payload))))

    def holds(self, connection_id: str) -> bool:
        return self.open is None or connection_id in self.open

    def of(self, event: str) -> list[Any]:
        """The payloads of one event, in order."""
        return [payload for _, name, payload in self.published if name == event]

    def names(self) -> list[str]:
        """What was published, by name and in order."""
        return [name for _, name, _ in self.published]


def unheard() -> Snapshots:
    """Snapshots of a worker that hears no room: each is read anew."""
    return Snapshots(lambda _: None)


class StaticSources:
    """Which channels have a source, as the test says."""

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.dropped: list[tuple[str, float]] = []
        self.allowed: list[str] = []
        self.title: SourceTitle | None = None
        self.stale: SourceTitle | None = None
        self.refused: list[Refusal] = []

    async def connected(self, channel_id: str) -> bool:
        return channel_id in self.on

    async def drop(self, channel_id: str, refuse_s: float) -> None:
        self.on.discard(channel_id)
        self.dropped.append((channel_id, refuse_s))

    async def heard(self, channel_id: str) -> bool:
        return await self.connected(channel_id)

    async def titles(self, channel_id: str) -> tuple[SourceTitle | None, SourceTitle | None]:
        return (self.title, self.stale) if channel_id else (None, None)

    async def refusals(self, channel_id: str) -> list[Refusal]:
        return self.refused if channel_id else []

    async def allow(self, channel_id: str) -> None:
        self.allowed.append(channel_id)


class SmallMatch(Reply, frozen=True, kw_only=True):
    id: str


class StaticMatches:
    """Two matches."""

    async def get(self, match_id: str) -> msgspec.Struct:
        if match_id not in {"m1", "m2"}:
            raise NotFound("There is no such match.")
        return SmallMatch(id=match_id)

    async def kept(self, _tx: Transaction, match_id: str) -> msgspec.Struct:
        return await self.get(match_id)


class StaticOwners:
    """Every account but `nobody`."""

    async def exists(self, user_id: str) -> bool:
        return user_id != "nobody"


class ListAudit:
    """The record, as a list; written only if the transaction is."""

    def __init__(self) -> None:
        self.entries: list[tuple[str | None, str, str, str | None]] = []

    def record(
        self,
        tx: Transaction,  # noqa: ARG002 - the port's signature
        actor: Session,
        action: str,
        target: str,
        reason: str | None,
    ) -> None:
        self.entries.append((actor.user_id, action, target, reason))


@contextmanager
def captured_logs() -> Iterator[list[dict[str, Any]]]:
    """What is logged, with tracebacks as text."""
    lines: list[dict[str, Any]] = []

    def keep(_logger: object, _method: str, line: Any) -> Any:
        lines.append(dict(line))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, keep],
        cache_logger_on_first_use=False,
    )
    try:
        yield lines
    finally:
        structlog.configure(**before)
