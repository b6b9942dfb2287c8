"""The rules of sound: who may send, who may listen, and what streaming is told of both.

The source port and the door for players call it. It knows neither of their protocols, and keeps no sound itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from audio.channel_reader import ChannelReader, ChannelReaders, PlayerQueue
from audio.intake import SourceIntake, SourceTimeouts
from audio.ports import ChannelRef, Channels, ListenerCounter, SourceGrant
from audio.repository import Acquisition, Lease, Refusal, RefusalRepository, SourceLeaseRepository
from audio.tasks import Tasks, attempt
from audio.titles import SourceTitle
from kit.addresses import network_of
from kit.clock import Clock
from kit.errors import Conflict, Forbidden, NotFound, RateLimited, Unauthorized, Unavailable
from kit.ids import UlidGenerator
from kit.rate_limits import Rate, RateLimiter
from kit.text import one_line

log = structlog.get_logger(__name__)

WRONG_PASSWORDS = Rate(10, per=60)  # for a mount, of one network; who guesses at 120 bits is slowed by nothing else
MAX_SOURCES = 200  # of one worker; each may hold 256 KiB of sound
MAX_PLAYERS = 5_000  # of one worker; each may hold 10 s of sound, whose bytes all share
ASK_S = 0.1  # between two questions of a source for a channel that is taken
TITLE_WAIT_S = 2.0  # for the source of a title, which may come over another connection a moment later
MAX_WAITING_TITLES = 64  # of one worker; a source has one
MAX_PROBE_BYTES = 2_048  # of a player that asks whether it may ask for parts; less than a block of sound
OFF_AIR_RETRY_S = 5.0
_TITLE_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class OnAir:
    """A channel that can be listened to now."""

    channel: ChannelRef
    bitrate_kbps: int | None
    since_ms: int
    """When its source connected, Unix ms: no older sound is for new players."""


@dataclass(frozen=True, slots=True)
class SourceClient:
    """Who sends: login name, address and user agent, as far as they are told."""

    login: str
    address: str
    client: str

    @property
    def identity(self) -> str:
        """The same for all connections of one software with one login from one address."""
        return hashlib.sha256(f"{self.login}\n{self.address}\n{self.client}".encode()).hexdigest()[:24]


class Listening:
    """One player while it listens: its sound and the title."""

    def __init__(self, reader: ChannelReader, player: PlayerQueue) -> None:
        self._reader = reader
        self._player = player

    @property
    def title(self) -> str | None:
        """What plays now."""
        return self._reader.title

    def end(self) -> None:
        """End it: the player has gone."""
        self._player.end()

    async def next(self) -> bytes:
        """The next sound; empty at the end: too far behind, no source for a minute, or the server stops."""
        return await self._player.next()


class AudioService:
    """Lets sources and players in, and knows who of them is on this worker."""

    def __init__(
        self,
        *,
        leases: SourceLeaseRepository,
        refusals: RefusalRepository,
        readers: ChannelReaders,
        channels: Channels,
        listener_counter: ListenerCounter,
        rate_limiter: RateLimiter,
        clock: Clock,
        ids: UlidGenerator,
        node_id: str,
        tasks: Tasks,
        timeouts: SourceTimeouts,
    ) -> None:
        self._leases = leases
        self._refusals = refusals
        self._readers = readers
        self._channels = channels
        self._listener_counter = listener_counter
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._ids = ids
        self._node_id = node_id
        self._tasks = tasks
        self._timeouts = timeouts
        self._intakes: set[SourceIntake] = set()
        self._waiting_titles = 0

    # Sources

    async def authenticate(self, mount: str, password: str | None, address: str) -> SourceGrant:
        """The channel that a source may send to. The right password always gets in, whatever failed before.

        Args:
            mount: The channel's slug.
            password: What was given, if anything.
            address: The peer's IP address, whose network failures are counted by.

        Returns:
            The channel that the source may send to.

        Raises:
            Unauthorized: No password, a wrong one, or no such mount.
            RateLimited: The same, after too many wrong passwords for this mount from this network.
        """
        if password is None:
            raise Unauthorized("The channel's source password is needed")
        grant = await self._channels.authenticate_source(mount, password)
        if grant is None:
            wait = await self._rate_limiter.hit_key(f"source:{network_of(address)}:{mount[:64]}", WRONG_PASSWORDS)
            if wait is not None:
                raise RateLimited("Too many wrong passwords", retry_after=wait)
            raise Unauthorized("Wrong mount or password")
        return grant

    async def open_source(
        self, grant: SourceGrant, *, caller: SourceClient, pause: Callable[[bool], None]
    ) -> SourceIntake:
        """Let a source in; whoever gets the intake runs it, and calls `source_closed` after that.

        Where the channel is taken, that takes up to two seconds: the other may be leaving, or be this source's own
        former connection, which nobody has seen end.

        Args:
            grant: What `authenticate` gave.
            caller: Who sends.
            pause: Called with True when it should send no more for now, and with False after that.

        Raises:
            Conflict: Another source is heard on this mount.
            Forbidden: The stream was stopped a moment ago.
            Unavailable: Too many sources.
        """
        if len(self._intakes) >= MAX_SOURCES:
            raise Unavailable("Too many sources", retry_after=60)
        lease = Lease(
            channel_id=grant.channel_id,
            token=self._ids.new(),
            node=self._node_id,
            client="".join(c for c in caller.client if c.isprintable())[:200],
            content_type="audio/mpeg",
            identity=caller.identity,
        )
        await self._acquire(lease)
        log.info("source connected", channel=grant.channel_id, slug=grant.slug, client=lease.client)
        intake = SourceIntake(
            lease=lease,
            leases=self._leases,
            channels=self._channels,
            clock=self._clock,
            timeouts=self._timeouts,
            pause=pause,
        )
        self._intakes.add(intake)
        return intake

    async def _acquire(self, lease: Lease) -> None:
        answer = first = await self._leases.acquire(lease)
        while answer.acquired is Acquisition.ASK_AGAIN:
            await asyncio.sleep(ASK_S)
            answer = await self._leases.acquire(lease, asked_ms=first.at_ms)
        if answer.acquired is Acquisition.IN_USE:
            raise Conflict("Mountpoint in use")
        if answer.acquired is Acquisition.REFUSED:
            raise Forbidden("The station has stopped this stream", retry_after=answer.refused_s)

    def source_closed(self, intake: SourceIntake) -> None:
        """Count a source no longer whose intake has ended."""
        self._intakes.discard(intake)

    async def refused(self, mount: str, caller: SourceClient, *, code: str, reason: str) -> None:
        """Keep why a source was not let in or was thrown out, and show it to the station of this mount, if any.

        Never raises: whoever is refused gets an answer, whatever becomes of this.

        Args:
            mount: Where it wanted to send to.
            caller: Who it says it is.
            code: A word for programs.
            reason: A sentence for the station.
        """
        await attempt("refusal not kept", self._keep_refusal(mount, caller, code, reason))

    async def _keep_refusal(self, mount: str, caller: SourceClient, code: str, reason: str) -> None:
        channel = await self._channels.by_slug(mount)
        if channel is None:
            return
        refusal = Refusal(code, reason, caller.address, one_line(caller.client, at_most=200))
        if (told := await self._refusals.add(channel.channel_id, refusal)) is not None:
            await self._channels.source_refused(channel.channel_id, told)

    async def update_title(self, grant: SourceGrant, title: SourceTitle) -> bool:
        """The source names what it plays; False without a source.

        The title is kept with the source, so that the stream that begins with its first sound begins with it.
        """
        if not await self._keep_title(grant.channel_id, title):
            return False
        await self._channels.source_title(grant.channel_id, artist=title.artist, title=title.track)
        return True

    async def _keep_title(self, channel_id: str, title: SourceTitle) -> bool:
        if await self._leases.set_title(channel_id, title):
            return True
        if self._waiting_titles >= MAX_WAITING_TITLES:
            return False
        self._waiting_titles += 1
        try:
            for _ in range(round(TITLE_WAIT_S / ASK_S)):
                await asyncio.sleep(ASK_S)
                if await self._leases.set_title(channel_id, title):
                    return True
        finally:
            self._waiting_titles -= 1
        return False

    # Players

    async def on_air(self, slug: str) -> OnAir:
        """A channel that can be listened to; raises `NotFound`, or `Unavailable` while it is off air."""
        channel = await self._channels.by_slug(slug)
        if channel is None:
            raise NotFound("There is no such channel.")
        state = await self._leases.state(channel.channel_id)
        if state is None or state.silent_ms >= self._timeouts.lost_s * 1000:
            raise Unavailable("This channel is off air.", retry_after=OFF_AIR_RETRY_S)
        if self._readers.players >= MAX_PLAYERS:
            raise Unavailable("Too many players here.", retry_after=OFF_AIR_RETRY_S)
        bitrate = round(state.bitrate_kbps) if state.bitrate_kbps else None
        return OnAir(channel, bitrate, since_ms=state.connected_at_ms)

    async def beginning(self, on_air: OnAir, size: int) -> bytes | None:
        """The first bytes of what a new player would get, for one that only asks; None if there are not enough."""
        return await self._readers.beginning(on_air.channel.channel_id, on_air.since_ms, size)

    @asynccontextmanager
    async def listen(self, on_air: OnAir, *, member: str, session: str | None) -> AsyncIterator[Listening]:
        """Listen until the block is left.

        Args:
            on_air: The channel.
            member: Whom to count as a listener, if it is no page's sound.
            session: The connection of the page whose sound it says it is; whoever counts looks whether it is there.
        """
        channel_id = on_air.channel.channel_id
        reader, player = self._readers.enter(channel_id, on_air.since_ms)
        player_id = self._ids.new()
        opened = self._tasks.spawn(
            attempt("player not counted", self._listener_counter.opened(channel_id, player_id, member, session)),
            "player opens",
        )
        try:
            try:
                async with asyncio.timeout(_TITLE_WAIT_S):
                    await reader.title_known.wait()
            except TimeoutError:
                pass  # the sound is worth more; the title comes with the next metadata
            yield Listening(reader, player)
        finally:
            self._readers.leave(reader, player)
            if player.too_slow:
                log.info("player too slow", channel=channel_id)
            # A task of its own: this one may have been cancelled because the player is gone.
            self._tasks.spawn(self._uncount(opened, channel_id, player_id), "player closes")

    async def _uncount(self, opened: asyncio.Task[object], channel_id: str, player_id: str) -> None:
        await asyncio.wait([opened])
        await attempt("player still counted", self._listener_counter.closed(channel_id, player_id))

    def end_players(self) -> None:
        """End all players: the server stops."""
        self._readers.end_all()


def member_of(address: str, user_agent: str) -> str:
    """A stable key for a separate player that says nothing of itself: two connections of VLC are one person."""
    digest = hashlib.sha256(f"{address}\n{user_agent}".encode()).hexdigest()[:24]
    return f"p:{digest}"
