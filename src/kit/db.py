"""The database: SQLite (write-ahead log) by default, PostgreSQL by URL; transactions that also announce.

Services open transactions, repositories work within them. What is announced in one is published after its commit and
never without it (`kit.outbox`).
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, String, event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON

from kit.clock import Clock
from kit.contracts import Policy, Publication, encode_event
from kit.db_engines import connect_arguments, set_up_postgresql, set_up_sqlite
from kit.db_session import DatabaseSession
from kit.errors import InvalidPayload
from kit.ids import UlidGenerator
from kit.outages import Outage, unavailable
from kit.timed_semaphore import TimedSemaphore
from kit.waiting import DATABASE, Waiting, current

DEFAULT_TIMEOUT = 4.0
"""Seconds for all that one request or unit of work waits for: a database that hangs stops nobody for longer than 5."""

_MAX_QUEUE_SECONDS = 15.0  # for the turn of a job of our own to write, as long as those before have theirs and end

Json = JSON
"""A JSON column on both databases."""


class Base(DeclarativeBase):
    """All tables.

    Ids are ULIDs (String(26)); times are Unix milliseconds in BigInteger columns named `*_ms`.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OutboxRow(Base):
    """An event that is stored and not yet published; the relay deletes it afterwards."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_room_id", "room", "id"), {"sqlite_autoincrement": True})

    # SQLite counts only INTEGER keys by itself; autoincrement, since a used number must never come again.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(26))
    room: Mapped[str] = mapped_column(String(100))
    event: Mapped[str] = mapped_column(String(60))
    policy: Mapped[str] = mapped_column(String(20))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    created_ms: Mapped[int] = mapped_column(BigInteger)


OUTBOX = Base.metadata.tables[OutboxRow.__tablename__]
"""The same as a plain table: every event goes through it, and none is an object of its own there."""


class Relay(Protocol):
    """Publishes what a transaction announced, once it is committed."""

    async def flush(self, rooms: list[str]) -> None:
        """Publish all that waits for these rooms, in order. Never raises for a Redis that is away."""
        ...


@dataclass(slots=True)
class Transaction:
    """One unit of work: everything in it is stored, or nothing."""

    session: AsyncSession
    announcements: list[Publication] = field(default_factory=list)

    def announce(self, publication: Publication) -> None:
        """Publish this after the commit, surely and once; nothing if the transaction fails.

        Raises:
            ValueError: The event is ephemeral, so it is not to be stored: publish it through the engine.
        """
        if publication.policy is Policy.EPHEMERAL:
            raise ValueError(f"{publication.event} is ephemeral, and the outbox keeps what it is given")
        self.announcements.append(publication)


def normalise_url(url: str) -> str:
    """A database URL with the driver we use: plain `postgresql://` and `sqlite://` are fine too."""
    parsed = make_url(url)
    drivers = {
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
        "sqlite": "sqlite+aiosqlite",
    }
    return parsed.set(drivername=drivers.get(parsed.drivername, parsed.drivername)).render_as_string(
        hide_password=False
    )


class Database:
    """Gives out transactions.

    On SQLite there is one writer at a time, and it queues here instead of polling.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        ids: UlidGenerator,
        pool_size: int = 10,
        timeout: float = DEFAULT_TIMEOUT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect, when first used, to the database at `url`.

        Args:
            url: See `normalise_url`.
            clock: For the log and the outbox.
            ids: For the outbox.
            pool_size: How many connections there are at most.
            timeout: Seconds that one request waits, for all its steps together: a connection, its turn to write,
                statements, commits. A unit of work that is no part of a request has as much for itself.
            monotonic: Seconds, to measure that by.
        """
        self.url = normalise_url(url)
        self.dialect = make_url(self.url).get_backend_name()
        self.patience = timeout
        self._clock = clock
        self._ids = ids
        self._monotonic = monotonic
        self._relay: Relay | None = None
        self.outage = Outage("the database", clock)
        self._writers_turn = TimedSemaphore(1, timeout, _MAX_QUEUE_SECONDS) if self.dialect == "sqlite" else None
        self._places = TimedSemaphore(pool_size, timeout, timeout)
        self._engine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=timeout,  # not reached: see `_places`
            connect_args=connect_arguments(self.dialect, timeout),
            json_serializer=_to_json,
            json_deserializer=msgspec.json.decode,
        )
        set_up = set_up_sqlite if self.dialect == "sqlite" else set_up_postgresql
        set_up(self._engine.sync_engine, timeout)
        event.listen(self._engine.sync_engine, "before_cursor_execute", _refuse_null_characters)
        # PostgreSQL would show each query of a reader another state; SQLite's snapshot lasts for the transaction.
        sqlite = self.dialect == "sqlite"
        once = {} if sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._readers = self._sessions(self._engine.execution_options(**once), writes=False)
        self._writers = self._sessions(self._engine.execution_options(touchline_write=True), writes=True)

    def publish_through(self, relay: Relay) -> None:
        """Name who publishes announcements; without one they wait in the outbox."""
        self._relay = relay

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Write: commits at the end, rolls back on any error, then publishes what was announced.

        Raises `Unavailable` when the database does not do it now. A commit that was cancelled, or whose answer was
        lost, is stored as a whole or not at all.
        """
        waiting = current() or Waiting(self._monotonic)
        async with self._turn(waiting), self._unit(self._writers, waiting) as session:
            transaction = Transaction(session)
            yield transaction
            if transaction.announcements:
                await session.flush()
                await session.execute(insert(OUTBOX), self._rows(transaction.announcements))
        if transaction.announcements and self._relay is not None:
            await self._relay.flush(list(dict.fromkeys(p.room for p in transaction.announcements)))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Read a consistent state; nothing is written. Raises `Unavailable`."""
        async with self._unit(self._readers, current() or Waiting(self._monotonic)) as session:
            yield Transaction(session)

    @asynccontextmanager
    async def _turn(self, waiting: Waiting) -> AsyncIterator[None]:
        """Wait until nobody else writes, where there is one writer at a time.

        Jobs of our own may wait longer than requests: nobody waits for them, and what they write must be written.
        """
        if self._writers_turn is None:
            yield
            return
        before = waiting if waiting is current() else None
        async with self._waited_for(self._writers_turn, "another write takes too long", before):
            yield

    @asynccontextmanager
    async def _unit(
        self, sessions: async_sessionmaker[DatabaseSession], waiting: Waiting
    ) -> AsyncIterator[DatabaseSession]:
        """Use a session to its end: its connection is back, and its transaction over, before this returns.

        A connection's place is waited for before there is one: that wait can be cancelled, the pool's cannot.
        """
        async with self._waited_for(self._places, "all connections are in use", waiting):
            session = sessions(waiting=waiting)
            try:
                yield session
            except BaseException:
                await session.undo()
                raise
            await session.finish()

    @asynccontextmanager
    async def _waited_for(
        self, semaphore: TimedSemaphore, otherwise: str, waiting: Waiting | None
    ) -> AsyncIterator[None]:
        try:
            if waiting is None:
                await semaphore.acquire()
            else:
                with waiting.at(DATABASE):
                    await semaphore.acquire(waiting.left(self.patience))
        except TimeoutError:
            self.outage.failed(otherwise)
            raise unavailable() from None
        try:
            yield
        finally:
            semaphore.release()

    async def latency_ms(self) -> float:
        """Milliseconds of the smallest query."""
        started = time.perf_counter()
        async with self.read() as tx:
            await tx.session.execute(text("SELECT 1"))
        return (time.perf_counter() - started) * 1000

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    def _sessions(self, engine: AsyncEngine, *, writes: bool) -> async_sessionmaker[DatabaseSession]:
        return async_sessionmaker(
            engine,
            class_=DatabaseSession,
            expire_on_commit=False,
            outage=self.outage,
            writes=writes,
            patience=self.patience,
            cuts=self.dialect != "sqlite",
        )

    def _rows(self, announcements: list[Publication]) -> list[dict[str, Any]]:
        now = self._clock.now_ms()
        return [
            {
                "key": self._ids.new(),
                "room": publication.room,
                "event": publication.event,
                "policy": publication.policy.value,
                "payload": encode_event(publication.payload),
                "created_ms": now,
            }
            for publication in announcements
        ]


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _refuse_null_characters(
    _connection: object, _cursor: object, _statement: str, parameters: Any, _context: object, executemany: bool  # noqa: ANN401 - the event API
) -> None:  # fmt: skip
    """PostgreSQL cannot store them in text; SQLite could, and would not be able to move there."""
    for row in parameters if executemany else (parameters,):
        values = row.values() if isinstance(row, dict) else row
        if any(isinstance(value, str) and "\0" in value for value in values):
            raise InvalidPayload("A text must not hold the character U+0000.")
