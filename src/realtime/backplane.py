"""Events between workers, through one Redis: publish first, then everybody (the publisher too) fans out.

One counter numbers all recoverable events; its epoch names the counter's life. A worker hears only the rooms that its
connections are in, in the order of the counter. After an interruption it replays from the rooms' streams what it
missed, or says which rooms have a gap: it is never silently deaf. Why this is right: docs/adr/0009.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.lua import Script
from kit.outages import AWAY_SECONDS, unavailable
from kit.redis import RedisStore, as_text
from kit.redis_errors import redis_outage
from kit.redis_waiting import in_time
from realtime.history import MAX_CATCH_UP, RecentEvents, RedisHistory, Retention
from realtime.offsets import Envelope, Offset
from realtime.redis_keys import ALL, CHANNEL, LATEST, NOTE_CLEAN_STOP, ONCE, OPEN_EPOCH, PUBLISH, STATE, STREAM, TAILS
from realtime.redis_link import RedisLink

__all__ = ["Backplane", "CloseRequest", "Envelope", "Offset"]

log = structlog.get_logger(__name__)

_ONCE_SECONDS = 3600  # how long a repeated publication of the same outbox row is recognised
_MARK_SECONDS = 2.0  # how stale an idle worker's offset is at most, and how often the epoch is looked at
_LINGER_SECONDS = 5.0  # a page that is loaded again leaves and joins within that time
_JOIN_SECONDS = 5.0  # what a join waits for a Redis that is away
_JITTER_SECONDS = (0.02, 0.3)
_SLOW_JITTER_SECONDS = (0.3, 1.5)  # after the third attempt: a restart takes longer, and many workers knock
_INBOX_BYTES = 64 * 1024 * 1024  # behind by more than this, a worker reads the streams instead
_CONTROL = "~control"  # the room of what workers tell each other, heard by all

Deliver = Callable[[Envelope], Awaitable[None]]
Lost = Callable[[frozenset[str]], Awaitable[None]]


class CloseRequest(msgspec.Struct, frozen=True):
    """Close the connections of a user, of a login, or one connection, wherever they are.

    `before`: only those whose access tokens are of an older generation.
    """

    target: str
    code: str
    reconnect: bool
    before: int | None = None


class _Reopen(ConnectionError):
    """What this worker holds no longer fits Redis: begin again, which finds out what is missing."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The counter's value, between the messages from before it and those from after it."""

    rooms: tuple[_Room, ...]
    reply: Any


@dataclass(slots=True, eq=False)
class _Room:
    """A room with local members, or one that had some a moment ago.

    Attributes:
        start: The number from which on this worker has heard the room without a gap; None until it does.
        version: See `Backplane.version`.
    """

    name: str
    members: int = 0
    empty_since: float = 0.0
    start: int | None = None
    version: int = 0
    standing: asyncio.Event = field(default_factory=asyncio.Event)


class Backplane:
    """The connections of one worker to all others.

    Args:
        deliver: Called with each message of the rooms subscribed to, one after another, in the order of the counter.
        lost: Called with the rooms that miss events which cannot be replayed; their local members' states can no
            longer be trusted.
        replayed: Called with the number of events that an interruption withheld and a stream gave back.
    """

    def __init__(
        self,
        store: RedisStore,
        *,
        new_epoch: Callable[[], str],
        deliver: Deliver,
        lost: Lost,
        replayed: Callable[[int], object] = lambda _: None,
        retention: Retention | None = None,
        linger: float = _LINGER_SECONDS,
    ) -> None:
        self._url = store.url
        self._patience = store.patience
        self._outage = store.outage
        self._new_epoch = new_epoch
        self._receivers: list[tuple[Deliver, Lost]] = [(deliver, lost)]
        self._replayed = replayed
        self._retention = retention or Retention()
        self._linger = linger
        self._rooms: dict[str, _Room] = {_CONTROL: _Room(_CONTROL, members=1)}
        self._names: dict[bytes, str] = {}
        self._wanted: list[_Room] = []
        self._recent = RecentEvents()
        self._readings: dict[int, set[tuple[str, str]]] = {}
        self.history = RedisHistory(self._run_script, self._call)
        self._current = Offset("", 0)  # its delivery has begun
        self._seen = Offset("", 0)  # its delivery has ended
        self._version = 0
        self._changes = 0
        self._run = ""  # the process of Redis in which `_highest` was seen
        self._highest = 0
        self._sharded = False
        self._writer: RedisLink | None = None
        self._writer_run = ""
        self._writer_lock = asyncio.Lock()
        self._listener: RedisLink | None = None
        self._look_at = 0.0
        self._inbox: deque[Any] = deque()
        self._inbox_bytes = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False  # a cancellation alone may be swallowed (see kit.leases.Jobs)
        self.connected = asyncio.Event()

    @property
    def seen(self) -> Offset:
        """The newest place up to which everything was handed to the local connections."""
        return self._seen

    @property
    def place(self) -> Offset:
        """The place of who enters a room now: what is delivered from now on has a higher number."""
        return self._current

    @property
    def rooms(self) -> int:
        """How many rooms this worker hears, those included that had members a moment ago."""
        return len(self._rooms)

    def listen(self, deliver: Deliver, lost: Lost) -> None:
        """Name one more receiver of everything."""
        self._receivers.append((deliver, lost))

    # Publishing

    async def publish(self, room: str, event: str, payload: bytes, policy: Policy, once: str | None) -> Offset:
        """Publish to all workers; raises `Unavailable` when Redis does not answer.

        What is sent to the room "" is for the workers themselves, and always arrives.
        """
        name = room or _CONTROL
        kind = "r" if policy is Policy.RECOVERABLE or not room else "l" if policy is Policy.LATEST_WINS else "c"
        kept = self._retention
        try:
            writer = self._writer if self._writer is not None and self._writer.alive else await self._open_writer()
            arguments: list[str | bytes | int] = [
                kind, name, event, payload, once or "", self._new_epoch(), self._writer_run, _ONCE_SECONDS,
                kept.entries, kept.seconds, kept.latest_seconds, kept.rooms, STREAM,
                "SPUBLISH" if self._sharded else "PUBLISH", CHANNEL + name,
            ]  # fmt: skip
            epoch, number = await writer.evaluate(
                PUBLISH, [STATE, TAILS, ONCE + (once or ""), LATEST + name], arguments
            )
        except (RedisError, OSError) as error:
            self._outage.failed(redis_outage(error) or str(error))
            raise Unavailable("The event could not be published now.", retry_after=AWAY_SECONDS) from error
        self._outage.answered()
        offset = Offset(as_text(epoch), int(number))
        if offset.epoch == self._current.epoch:
            self._highest = max(self._highest, offset.number)
        return offset

    # Rooms

    async def subscribe(self, room: str) -> Offset:
        """Count one more local member of a room; returns when its events arrive.

        Whoever enters the room's local members before the next `await` gets every event after the place that is
        returned, and none from before it. Raises `Unavailable` when Redis stays away; nobody is counted then.
        """
        entry = self._rooms.get(room)
        if entry is None:
            entry = self._rooms[room] = _Room(room)
            self._want(entry)
        entry.members += 1
        if entry.start is None:
            try:
                await asyncio.wait_for(in_time(entry.standing.wait(), self._patience), _JOIN_SECONDS)
            except BaseException as error:
                self.unsubscribe(room)
                if isinstance(error, TimeoutError | RedisError):
                    raise Unavailable("This cannot be joined now; try again.", retry_after=2) from None
                raise
        return self._current

    def version(self, room: str) -> int | None:
        """Tells whether anything has happened in a room: a number that never comes again. None while it is not heard.

        It changes in the same step in which this worker hands out or loses an event of the room, before anybody can
        enter the room at a later place.
        """
        entry = self._rooms.get(room)
        return entry.version if entry is not None and entry.start is not None else None

    def _changed(self, room: str) -> None:
        if (entry := self._rooms.get(room)) is not None:
            self._changes += 1
            entry.version = self._changes

    def unsubscribe(self, room: str) -> None:
        """Count one local member less. A room stays subscribed for a moment after its last member."""
        entry = self._rooms[room]
        entry.members -= 1
        if entry.members == 0:
            entry.empty_since = self._loop_time()

    async def replay(self, rooms: Mapping[str, int], offset: Offset) -> list[Envelope] | None:
        """What a returning connection missed in rooms that are subscribed: room -> the number at which it joined.

        Reaches exactly to `place` for whoever awaits it directly and enters the rooms before the next `await`: what
        follows is delivered as to everybody. None when any of it may be missing.
        """
        if not await self._has_reached(max(offset.number, *rooms.values(), 0), offset.epoch):
            return None
        for _ in range(3):  # a busy worker's memory may begin after what Redis was read up to; the next reading helps
            here = self._current
            if offset.epoch != here.epoch or any(self._rooms[room].start is None for room in rooms):
                return None
            # Memory is told where each room's hearing began: before it this worker was deaf to the room.
            reach = {room: max(joined, offset.number) for room, joined in rooms.items()}
            if all(after >= (self._rooms[room].start or 0) for room, after in reach.items()):
                remembered = self._recent.since(reach, 0)
                if remembered is not None:
                    return remembered
            try:
                reading = await self.history.read(rooms, offset)
            except (RedisError, OSError):
                return None
            if reading is None or reading.missing or self._current.epoch != offset.epoch:
                return None
            events = [one for one in reading.events if one.number <= self._current.number]
            if reading.number >= self._current.number:
                return events
            after = {room: max(joined, reading.number) for room, joined in rooms.items()}
            if all(reading.number >= (self._rooms[room].start or 0) for room in rooms):
                rest = self._recent.since(after, reading.number)
                if rest is not None:
                    return events + rest
        return None

    async def _has_reached(self, number: int, epoch: str) -> bool:
        """Whether this worker has delivered up to a number that another worker may have given out."""
        if self._current.epoch == epoch and self._current.number < number and self._listener is not None:
            passed = _Room("")
            try:
                self._send_mark((passed,))
                await asyncio.wait_for(in_time(passed.standing.wait(), self._patience), _JOIN_SECONDS)
            except (RedisError, OSError, TimeoutError):
                return False
        return self._current.epoch == epoch and self._current.number >= number

    async def latest(self, rooms: Iterable[str]) -> list[Envelope]:
        """The newest value of every latest-wins event of these rooms; raises `Unavailable`.

        For members of the rooms: values that were delivered to them while these were read are left out.
        """
        delivered: set[tuple[str, str]] = set()
        self._readings[id(delivered)] = delivered
        try:
            found = await self.history.latest(rooms, self._current.epoch)
        except (RedisError, OSError) as error:
            raise Unavailable("The newest values cannot be read now.", retry_after=AWAY_SECONDS) from error
        finally:
            del self._readings[id(delivered)]
        return [envelope for _, envelope in found if (envelope.room, envelope.event) not in delivered]

    async def command(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        """One command through the pipelined connection; raises `Unavailable`."""
        try:
            return await self._call(*command)
        except (RedisError, OSError) as error:
            self._outage.failed(redis_outage(error) or str(error))
            raise unavailable() from error

    # Life

    async def start(self) -> None:
        """Subscribe; returns when messages arrive from now on."""
        self._task = asyncio.create_task(self._keep_listening(), name="backplane")
        waiter = asyncio.create_task(self.connected.wait())
        await asyncio.wait({self._task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()

    async def stop(self) -> None:
        """Leave, and note that this worker did so in order: its sessions outlive a restart of Redis."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._writer is not None:
            if self._writer.alive and self._current.epoch:
                try:
                    await self._writer.evaluate(NOTE_CLEAN_STOP, [STATE], [self._current.epoch])
                except (RedisError, OSError) as error:
                    log.info("the orderly stop could not be noted", error=type(error).__name__)
            await self._writer.close()

    async def _keep_listening(self) -> None:
        attempts = 0
        while not self._stopping:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                attempts = 1 if self.connected.is_set() else attempts + 1
                tell = log.warning if attempts == 1 else log.debug  # once for an outage
                tell("backplane interrupted", error=type(error).__name__, reason=str(error), attempt=attempts)
            except Exception:
                attempts += 1
                log.exception("backplane interrupted", attempt=attempts)  # a fault of ours; deaf is worse
            finally:
                self.connected.clear()
                await self._hang_up()
            jitter = _JITTER_SECONDS if attempts <= 3 else _SLOW_JITTER_SECONDS
            await asyncio.sleep(random.uniform(*jitter))  # noqa: S311 - jitter

    async def _listen(self) -> None:
        link = await RedisLink.open(self._url, on_push=self._take_message, on_close=self._take)
        try:
            epoch, run = await self._greet(link)
        except BaseException:
            await link.close()
            raise
        self._listener = link
        self._wanted.clear()
        held = self._drop_empty_rooms(0.0)
        self._send_subscriptions(held)
        # Messages from before the mark are in the streams as well, where what came before them is, too.
        while not isinstance(item := await self._next(), _Mark):
            pass
        await self._catch_up(epoch, run, item)
        self._look_at = self._loop_time() + _MARK_SECONDS
        self.connected.set()
        while not self._stopping:
            item = await self._next()
            if isinstance(item, _Mark):
                self._pass_mark(item)
            else:
                await self._receive(*item)
            self._look_after()

    async def _hang_up(self) -> None:
        link, self._listener = self._listener, None
        if link is not None:
            await link.close()
        self._inbox.clear()
        self._inbox_bytes = 0

    async def _greet(self, link: RedisLink) -> tuple[str, str]:
        """Learn the epoch and the run id of this Redis, and whether it still has what this worker has seen."""
        info = dict(
            line.split(":", 1) for line in as_text(await link.call("INFO", "server")).splitlines() if ":" in line
        )
        for script in ALL:
            await link.call("SCRIPT", "LOAD", script.text)
        run = info.get("run_id", "")
        known = self._current.epoch
        epoch = as_text(
            await link.evaluate(
                OPEN_EPOCH, [STATE, TAILS], [run, self._run, known, self._highest if known else 0, self._new_epoch()]
            )
        )
        self._sharded = int(info.get("redis_version", "0").partition(".")[0]) >= 7
        if epoch == known:
            self._run = run
        return epoch, run

    async def _catch_up(self, epoch: str, run: str, mark: _Mark) -> None:
        """From what was delivered last to the mark: replayed in order, or told as lost."""
        now = _place_of(mark)
        before, self._current = self._current, now
        if now.epoch != epoch:
            self._current = before
            raise _Reopen("the epoch changed meanwhile")
        if before.epoch == epoch and now.number < before.number:
            self._current = before
            raise _Reopen("the counter went back meanwhile")
        self._run = run  # in one step with the epoch: what opens next must not vouch for the old process
        standing = [room for room in self._rooms.values() if room.start is not None]
        if not before.epoch:
            self._begin(now)
        elif before.epoch != epoch:
            self._begin(now)
            await self._tell_lost(frozenset(room.name for room in standing))
        else:
            self._current = before
            await self._replay_gap(standing, before, now)
        self._seen = self._current = now
        self._highest = max(self._highest, now.number)
        version = int(mark.reply[2] or 0)
        if before.epoch and standing:
            for seen, envelope in await self.history.latest([room.name for room in standing], epoch):
                if seen > self._version or before.epoch != epoch:
                    await self._hand_out(envelope)
        self._version = version
        self._stand(mark.rooms, now.number)

    def _begin(self, now: Offset) -> None:
        self._highest = now.number
        self._recent.reset(now.number)
        for room in self._rooms.values():
            room.start = now.number if room.start is not None else None

    async def _replay_gap(self, rooms: Sequence[_Room], before: Offset, now: Offset) -> None:
        reading = await self.history.read({room.name: before.number for room in rooms}, before, MAX_CATCH_UP)
        if reading is None:
            raise _Reopen("the epoch changed meanwhile")
        if reading.missing:
            self._recent.reset(now.number)
            await self._tell_lost(reading.missing)
        missed = [one for one in reading.events if one.number <= now.number]
        for envelope in missed:
            await self._advance(envelope)
        if missed:
            self._replayed(len(missed))
            log.info("backplane replayed", events=len(missed), rooms=len(rooms))

    async def _tell_lost(self, rooms: frozenset[str]) -> None:
        if _CONTROL in rooms:  # a request to close somebody may be among it: nobody can be trusted
            rooms = frozenset(name for name, room in self._rooms.items() if room.start is not None)
        rooms -= {_CONTROL}
        log.warning("backplane gap", rooms=len(rooms))
        for room in rooms:
            self._changed(room)
        for _, lost in self._receivers:
            try:
                await lost(rooms)
            except Exception:
                log.exception("a loss could not be told")

    # Subscriptions

    def _want(self, room: _Room) -> None:
        """Subscribe with all others that are wanted within this turn of the loop."""
        if not self._wanted:
            asyncio.get_running_loop().call_soon(self._subscribe_wanted)
        self._wanted.append(room)

    def _subscribe_wanted(self) -> None:
        wanted, self._wanted = self._wanted, []
        if wanted and self._listener is not None and self._listener.alive:
            self._send_subscriptions(wanted)

    def _send_subscriptions(self, rooms: Sequence[_Room]) -> None:
        assert self._listener is not None  # noqa: S101 - for the type checker
        for room in rooms:
            self._names[(CHANNEL + room.name).encode()] = room.name
        verb = "SSUBSCRIBE" if self._sharded else "SUBSCRIBE"
        self._listener.send(verb, *(CHANNEL + room.name for room in rooms))
        self._send_mark(tuple(rooms))

    def _send_mark(self, rooms: tuple[_Room, ...] = ()) -> None:
        assert self._listener is not None  # noqa: S101 - for the type checker
        self._listener.ask(
            lambda reply: self._take(reply if isinstance(reply, Exception) else _Mark(rooms, reply)),
            "HMGET", STATE, "epoch", "number", "version",
        )  # fmt: skip

    def _drop_empty_rooms(self, linger: float) -> list[_Room]:
        """Forget rooms that have had no member for that many seconds; returns those that stay."""
        before = self._loop_time() - linger
        for room in [r for r in self._rooms.values() if r.members == 0 and r.empty_since <= before]:
            channel = CHANNEL + room.name
            del self._rooms[room.name]
            self._names.pop(channel.encode(), None)
            if self._listener is not None and linger:
                self._listener.send("SUNSUBSCRIBE" if self._sharded else "UNSUBSCRIBE", channel)
        return list(self._rooms.values())

    def _stand(self, rooms: Iterable[_Room], number: int) -> None:
        for room in rooms:
            if room.start is None:
                room.start = number
                self._changed(room.name)
                room.standing.set()

    # Messages

    def _take(self, item: object) -> None:
        self._inbox.append(item)
        self._news.set()

    def _take_message(self, push: Sequence[bytes]) -> None:
        if push[0] not in {b"message", b"smessage"}:
            return
        self._inbox_bytes += len(push[2])
        if self._inbox_bytes > _INBOX_BYTES and self._listener is not None:
            self._listener.abort("this worker is too far behind")
            return
        self._take((push[1], push[2]))

    async def _next(self) -> Any:  # noqa: ANN401 - a mark, or a channel with its message
        while not self._inbox:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), _MARK_SECONDS)
            except TimeoutError:
                self._look_after()
        item = self._inbox.popleft()
        if isinstance(item, Exception):
            raise item
        if isinstance(item, tuple):
            self._inbox_bytes -= len(item[1])
        return item

    def _look_after(self) -> None:
        """Every two seconds: is Redis still the same, and which rooms need not be heard any more."""
        now = self._loop_time()
        if now >= self._look_at and self._listener is not None and self._listener.alive:
            self._look_at = now + _MARK_SECONDS
            self._drop_empty_rooms(self._linger)
            self._send_mark()

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    def _pass_mark(self, mark: _Mark) -> None:
        here = _place_of(mark)
        if here.epoch != self._current.epoch or here.number < self._current.number:
            raise _Reopen("Redis lost data")
        self._seen = self._current = here
        self._highest = max(self._highest, here.number)
        self._stand(mark.rooms, here.number)

    async def _receive(self, channel: bytes, data: bytes) -> None:
        room = self._names.get(channel)
        if room is None:
            return  # unsubscribed while it was on its way
        head, _, payload = data.partition(b"\n")
        kind, number_text, prev, version, epoch_text, event = head.split(b" ", 5)
        epoch, number = epoch_text.decode(), int(number_text)
        if epoch != self._current.epoch:
            raise _Reopen("another epoch")
        recoverable = kind == b"r"
        if recoverable:
            if number <= self._current.number:
                return
            if int(prev) > self._current.number:
                raise _Reopen("a gap")
        shown = "" if room == _CONTROL else room
        envelope = Envelope(epoch, number, recoverable, shown, event.decode(), payload)
        if recoverable:
            await self._advance(envelope)
        else:
            self._version = max(self._version, int(version))
            await self._hand_out(envelope)

    async def _advance(self, envelope: Envelope) -> None:
        """Hand out the next event of the order."""
        if envelope.room == _CONTROL:
            envelope = msgspec.structs.replace(envelope, room="")
        here = Offset(envelope.epoch, envelope.number)
        self._current = here
        self._highest = max(self._highest, here.number)
        self._recent.append(envelope)
        await self._hand_out(envelope)
        self._seen = here

    async def _hand_out(self, envelope: Envelope) -> None:
        self._changed(envelope.room)
        if not envelope.recoverable:
            for delivered in self._readings.values():
                delivered.add((envelope.room, envelope.event))
        for deliver, _ in self._receivers:
            try:
                await deliver(envelope)
            except Exception:
                log.exception("an event could not be handed out", event_name=envelope.event)

    # Commands

    async def _open_writer(self) -> RedisLink:
        return await in_time(self._writer_of_all(), self._patience)

    async def _writer_of_all(self) -> RedisLink:
        async with self._writer_lock:
            if self._writer is not None and self._writer.alive:
                return self._writer
            if self._writer is not None:
                await self._writer.close()
            link = await RedisLink.open(self._url, patience=self._patience)
            try:
                _, self._writer_run = await self._greet(link)
            except BaseException:
                await link.close()
                raise
            self._writer = link
            return link

    async def _call(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        writer = self._writer if self._writer is not None and self._writer.alive else await self._open_writer()
        return await writer.call(*command)

    async def _run_script(self, script: Script, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:  # noqa: ANN401 - a reply of Redis
        writer = self._writer if self._writer is not None and self._writer.alive else await self._open_writer()
        return await writer.evaluate(script, keys, arguments)


def _place_of(mark: _Mark) -> Offset:
    epoch, number = mark.reply[0], mark.reply[1]
    return Offset(as_text(epoch), int(number or 0))
