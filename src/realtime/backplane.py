"""Events between workers, through one Redis: publish first, then everybody (the publisher too) fans out.

One counter numbers all recoverable events; its epoch names the counter's life. A worker hears only the rooms that its
connections are in, in the order of the counter. After an interruption it replays from the rooms' streams what it
missed, or says which rooms have a gap: it is never silently deaf. Why this is right: docs/adr/0009.

`engine` and `sse` use it. Here is the listening connection; `publisher` has the other one, `order_tracker` decides what
is delivered, `missed_events` answers those who come back.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.outages import AWAY_SECONDS
from kit.redis import RedisStore, as_text
from kit.redis_waiting import in_time
from realtime.history import MAX_CATCH_UP, RedisHistory, Retention
from realtime.missed_events import MissedEvents
from realtime.offsets import Envelope, Offset
from realtime.open_epoch import open_epoch
from realtime.order_tracker import CONTROL_ROOM, Deliver, Gap, Message, OrderTracker, Reopen, Replay
from realtime.publisher import KINDS, Publisher
from realtime.redis_keys import CHANNEL, STATE
from realtime.redis_link import RedisLink
from realtime.room_subscriptions import RoomSubscription, RoomSubscriptions

log = structlog.get_logger(__name__)

_MARK_SECONDS = 2.0  # how stale an idle worker's offset is at most, and how often the epoch is looked at
_LINGER_SECONDS = 5.0  # a page that is loaded again leaves and joins within that time
_JOIN_SECONDS = 5.0  # what a join waits for a Redis that is away
_JITTER_SECONDS = (0.02, 0.3)
_SLOW_JITTER_SECONDS = (0.3, 1.5)  # after the third attempt: a restart takes longer, and many workers knock
_INBOX_BYTES = 64 * 1024 * 1024  # behind by more than this, a worker reads the streams instead

_POLICIES = {kind.encode(): policy for policy, kind in KINDS.items()}

EventReceiver = Callable[[Envelope], Awaitable[None]]
GapReceiver = Callable[[frozenset[str]], Awaitable[None]]


class CloseRequest(msgspec.Struct, frozen=True):
    """Close the connections of a user, of a login, or one connection, wherever they are.

    `before`: only those whose access tokens are of an older generation.
    """

    target: str
    code: str
    reconnect: bool
    before: int | None = None


class _ReopenError(ConnectionError):
    """The tracker wants a new connection."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The counter's value, between the messages from before it and those from after it.

    Attributes:
        rooms: Whose messages arrive from here on.
        version: Of the newest latest-wins value.
    """

    rooms: tuple[RoomSubscription, ...]
    place: Offset
    version: int


class Backplane:
    """The connections of one worker to all others.

    Args:
        store: Which Redis.
        new_epoch: Names an epoch, should one have to begin.
        deliver: Called with each message of the rooms subscribed to, one after another, in the order of the counter.
        lost: Called with the rooms that miss events which cannot be replayed; their local members' states can no
            longer be trusted.
        replayed: Called with the number of events that an interruption withheld and a stream gave back.
        retention: How much is kept in Redis.
        linger: Seconds that a room stays subscribed to after its last local member.
    """

    def __init__(
        self,
        store: RedisStore,
        *,
        new_epoch: Callable[[], str],
        deliver: EventReceiver,
        lost: GapReceiver,
        replayed: Callable[[int], object] = lambda _: None,
        retention: Retention | None = None,
        linger: float = _LINGER_SECONDS,
    ) -> None:
        self._url = store.url
        self._patience = store.patience
        self._new_epoch = new_epoch
        self._receivers: list[tuple[EventReceiver, GapReceiver]] = [(deliver, lost)]
        self._replayed = replayed
        self._linger = linger
        self._tracker = OrderTracker()
        self._rooms = RoomSubscriptions()
        self._rooms.add(CONTROL_ROOM).members = 1
        self._publisher = Publisher(store, self._tracker, new_epoch=new_epoch, retention=retention or Retention())
        self.history = RedisHistory(self._publisher.evaluate, self._publisher.call)
        self._missed = MissedEvents(self._tracker, self.history, self._has_reached)
        self._wanted: list[RoomSubscription] = []
        self._readings: dict[int, set[tuple[str, str]]] = {}
        self._sharded = False
        self._listener: RedisLink | None = None
        self._look_at = 0.0
        self._inbox: deque[Any] = deque()
        self._inbox_bytes = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False  # a cancellation alone may be swallowed (see kit.scheduler.Scheduler)
        self.connected = asyncio.Event()

    @property
    def seen(self) -> Offset:
        """The newest place up to which everything was handed to the local connections."""
        return self._tracker.seen

    @property
    def place(self) -> Offset:
        """The place of who enters a room now: what is delivered from now on has a higher number."""
        return self._tracker.current

    @property
    def rooms(self) -> int:
        """How many rooms this worker hears, those included that had members a moment ago."""
        return len(self._rooms)

    def listen(self, deliver: EventReceiver, lost: GapReceiver) -> None:
        """Name one more receiver of everything."""
        self._receivers.append((deliver, lost))

    # Publishing

    async def publish(self, room: str, event: str, payload: bytes, policy: Policy, once: str | None) -> Offset:
        """Publish to all workers; as `Publisher.publish`, which raises `Unavailable`.

        What is sent to the room "" is for the workers themselves, and always arrives.
        """
        return await self._publisher.publish(room or CONTROL_ROOM, event, payload, policy, once)

    async def command(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 - a reply of Redis
        """One command through the pipelined connection; raises `Unavailable`."""
        return await self._publisher.command(*command)

    # Rooms

    async def subscribe(self, room: str) -> Offset:
        """Count one more local member of a room; returns when its events arrive.

        Whoever enters the room's local members before the next `await` gets every event after the place that is
        returned, and none from before it. Raises `Unavailable` when Redis stays away; nobody is counted then.
        """
        entry = self._rooms.get(room)
        if entry is None:
            entry = self._rooms.add(room)
            self._want(entry)
        entry.members += 1
        if self._tracker.heard_since(room) is None:
            try:
                await asyncio.wait_for(in_time(entry.standing.wait(), self._patience), _JOIN_SECONDS)
            except BaseException as error:
                self.unsubscribe(room)
                if isinstance(error, TimeoutError | RedisError):
                    raise Unavailable("This cannot be joined now; try again.", retry_after=2) from None
                raise
        return self._tracker.current

    def unsubscribe(self, room: str) -> None:
        """Count one local member less. A room stays subscribed for a moment after its last member."""
        entry = self._rooms[room]
        entry.members -= 1
        if entry.members == 0:
            entry.empty_since = self._loop_time()

    def version(self, room: str) -> int | None:
        """Tells whether any state has changed in a room: a number that never comes again. None while it is not heard.

        It changes in the same step in which this worker hands out or loses an event of the room, before anybody can
        enter the room at a later place. Ephemeral events have no part in any state.
        """
        entry = self._rooms.get(room)
        return entry.version if entry is not None and self._tracker.heard_since(room) is not None else None

    # Who comes back, and who comes anew

    async def replay(self, rooms: Mapping[str, int], offset: Offset) -> list[Envelope] | None:
        """What a returning connection missed in rooms that are subscribed: room -> the number at which it joined.

        Reaches exactly to `place` for whoever awaits it directly and enters the rooms before the next `await`: what
        follows is delivered as to everybody. None when any of it may be missing.
        """
        return await self._missed.replay(rooms, offset)

    async def _has_reached(self, number: int, epoch: str) -> bool:
        """Wait until this worker has delivered up to a number that another worker may have given out."""
        tracker = self._tracker
        if tracker.current.epoch == epoch and tracker.current.number < number and self._listener is not None:
            passed = RoomSubscription("")
            try:
                self._send_mark((passed,))
                await asyncio.wait_for(in_time(passed.standing.wait(), self._patience), _JOIN_SECONDS)
            except (RedisError, OSError, TimeoutError):
                return False
        return tracker.current.epoch == epoch and tracker.current.number >= number

    async def latest(self, rooms: Iterable[str]) -> list[Envelope]:
        """The newest value of every latest-wins event of these rooms; raises `Unavailable`.

        For members of the rooms: values that were delivered to them while these were read are left out.
        """
        delivered: set[tuple[str, str]] = set()
        self._readings[id(delivered)] = delivered
        try:
            found = await self.history.latest(rooms, self._tracker.current.epoch)
        except (RedisError, OSError) as error:
            raise Unavailable("The newest values cannot be read now.", retry_after=AWAY_SECONDS) from error
        finally:
            del self._readings[id(delivered)]
        return [envelope for _, envelope in found if (envelope.room, envelope.event) not in delivered]

    # Life

    async def start(self) -> None:
        """Subscribe; returns when messages arrive from now on."""
        self._task = asyncio.create_task(self._keep_listening(), name="backplane")
        waiter = asyncio.create_task(self.connected.wait())
        await asyncio.wait({self._task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()

    async def stop(self) -> None:
        """Leave in order."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._publisher.close()

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
            epoch, run, self._sharded = await open_epoch(link, self._tracker, self._new_epoch)
        except BaseException:
            await link.close()
            raise
        self._listener = link
        self._wanted.clear()
        self._drop_empty_rooms(0.0)
        self._send_subscriptions(list(self._rooms))
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

    async def _catch_up(self, epoch: str, run: str, mark: _Mark) -> None:
        """From what was delivered last to the mark: replayed in order, or told as lost."""
        tracker = self._tracker
        heard = list(tracker.heard)
        decision = tracker.connect(epoch, run, mark.place)
        if isinstance(decision, Replay):
            await self._replay_gap(decision, mark.place)
        elif decision is not None:
            await self._carry_out(decision)
        tracker.arrive(mark.place)
        latest = await self.history.latest(heard, epoch) if heard else []
        for missed in tracker.newest(mark.version, latest):
            await self._carry_out(missed)
        self._stand(mark)

    async def _replay_gap(self, wanted: Replay, place: Offset) -> None:
        rooms = dict.fromkeys(wanted.rooms, wanted.after.number)
        reading = await self.history.read(rooms, wanted.after, MAX_CATCH_UP)
        replayed = 0
        for decision in self._tracker.catch_up(reading, place):
            await self._carry_out(decision)
            replayed += isinstance(decision, Deliver)
        if replayed:
            self._replayed(replayed)
            log.info("backplane replayed", events=replayed, rooms=len(rooms))

    # Subscriptions

    def _want(self, room: RoomSubscription) -> None:
        """Subscribe with all others that are wanted within this turn of the loop."""
        if not self._wanted:
            asyncio.get_running_loop().call_soon(self._subscribe_wanted)
        self._wanted.append(room)

    def _subscribe_wanted(self) -> None:
        wanted, self._wanted = self._wanted, []
        if wanted and self._listener is not None and self._listener.alive:
            self._send_subscriptions(wanted)

    def _send_subscriptions(self, rooms: Sequence[RoomSubscription]) -> None:
        assert self._listener is not None  # noqa: S101 - for the type checker
        verb = "SSUBSCRIBE" if self._sharded else "SUBSCRIBE"
        self._listener.send(verb, *(CHANNEL + room.name for room in rooms))
        self._send_mark(tuple(rooms))

    def _send_mark(self, rooms: tuple[RoomSubscription, ...] = ()) -> None:
        assert self._listener is not None  # noqa: S101 - for the type checker
        self._listener.ask(
            lambda reply: self._take(reply if isinstance(reply, Exception) else _mark(rooms, reply)),
            "HMGET", STATE, "epoch", "number", "version",
        )  # fmt: skip

    def _drop_empty_rooms(self, linger: float) -> None:
        """Forget rooms that have had no member for that many seconds."""
        for room in self._rooms.drop_empty(self._loop_time() - linger):
            self._tracker.forget(room)
            if self._listener is not None and linger:
                self._listener.send("SUNSUBSCRIBE" if self._sharded else "UNSUBSCRIBE", CHANNEL + room)

    def _stand(self, mark: _Mark) -> None:
        """The rooms of a mark are heard from its place on; those that were dropped meanwhile are not."""
        there = [room.name for room in mark.rooms if self._rooms.get(room.name) is room]
        for name in self._tracker.hear(there, mark.place.number):
            self._rooms.touch(name)
        for room in mark.rooms:
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
        decision = self._tracker.pass_mark(mark.place)
        if decision is not None:
            raise _ReopenError(decision.reason)
        self._stand(mark)

    async def _receive(self, channel: bytes, data: bytes) -> None:
        room = self._rooms.room_of(channel)
        if room is None:
            return  # unsubscribed while it was on its way
        decision = self._tracker.receive(_message(room, data))
        if decision is not None:
            await self._carry_out(decision)

    # Decisions

    async def _carry_out(self, decision: Deliver | Gap | Reopen) -> None:
        if isinstance(decision, Deliver):
            await self._hand_out(decision.envelope)
            self._tracker.delivered(decision.envelope)
        elif isinstance(decision, Gap):
            await self._tell_lost(decision.rooms)
        else:
            raise _ReopenError(decision.reason)

    async def _hand_out(self, envelope: Envelope) -> None:
        if envelope.policy is not Policy.EPHEMERAL:  # which changes no state, so no snapshot is outdated by it
            self._rooms.touch(envelope.room)
        if envelope.room == CONTROL_ROOM:
            envelope = msgspec.structs.replace(envelope, room="")
        if envelope.policy is Policy.LATEST_WINS:
            for delivered in self._readings.values():
                delivered.add((envelope.room, envelope.event))
        for deliver, _ in self._receivers:
            try:
                await deliver(envelope)
            except Exception:
                log.exception("an event could not be handed out", event_name=envelope.event)

    async def _tell_lost(self, rooms: frozenset[str]) -> None:
        log.warning("backplane gap", rooms=len(rooms))
        for room in rooms:
            self._rooms.touch(room)
        for _, lost in self._receivers:
            try:
                await lost(rooms)
            except Exception:
                log.exception("a loss could not be told")


def _mark(rooms: tuple[RoomSubscription, ...], reply: Sequence[Any]) -> _Mark:
    epoch, number, version = reply
    return _Mark(rooms, Offset(as_text(epoch), int(number or 0)), int(version or 0))


def _message(room: str, data: bytes) -> Message:
    """Read a message, as publish.lua writes it."""
    head, _, payload = data.partition(b"\n")
    kind, number, previous, version, epoch, event = head.split(b" ", 5)
    envelope = Envelope(epoch.decode(), int(number), _POLICIES[kind], room, event.decode(), payload)
    return Message(envelope, int(previous), int(version))
