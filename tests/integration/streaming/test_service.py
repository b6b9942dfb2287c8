"""The rules of radio, on both databases and a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts import Reply
from kit.db import Database
from kit.errors import Conflict, DomainError, Forbidden, InvalidPayload, NotFound
from kit.ids import Ids
from kit.leases import Nodes
from kit.outbox import OutboxRelay
from kit.redis import RedisStore
from kit.rooms import EVERYONE, channel_room, match_room
from kit.session import Role
from streaming.channels import ChannelService, SourceAddress
from streaming.contracts import (
    CreateChannel,
    LinkMatch,
    NowPlaying,
    SendInteraction,
    StartStream,
    StopStream,
    UpdateChannel,
    UpdateMetadata,
)
from streaming.emoji import is_emoji
from streaming.module import Arrivals
from streaming.service import GRACE_MS, REFUSE_SOURCE_S, StreamingService
from streaming.source_keys import SourceKeys
from streaming.stream_manager import StreamManager
from tests.support.doubles import (
    ListAudit,
    ManualClock,
    RecordingRealtime,
    StaticMatches,
    StaticOwners,
    StaticSources,
    caller,
    guest,
    unheard,
)

OWNER = caller(Role.OWNER, "owner")
OTHER = caller(Role.OWNER, "other")
ADMIN = caller(Role.ADMIN, "admin")
FAN = caller(Role.LISTENER, "fan")


class NowPlayingAt(Reply, frozen=True, kw_only=True):
    now: NowPlaying
    offset: str


class Station:
    """One channel with everything around it, as one worker has it."""

    def __init__(self, database: Database, redis: RedisStore, clock: ManualClock) -> None:
        self.database, self.redis, self.clock = database, redis, clock
        self.room, self.sources, self.audit = RecordingRealtime(), StaticSources(), ListAudit()
        database.publish_through(OutboxRelay(database, self.room, clock))
        self.ids = Ids(clock)
        self.keys = SourceKeys("a secret of these tests")
        self.channels = ChannelService(
            database=database,
            keys=self.keys,
            address=SourceAddress("radio.example", 8005),
            owners=StaticOwners(),
            audit=self.audit,
            clock=clock,
            ids=self.ids,
        )
        self.channel = ""
        self.boot()

    def boot(self) -> None:
        """Start the worker (again): what it holds in memory is gone."""
        self.manager = StreamManager(self.redis, Nodes(self.redis, self.ids.new()))
        self.service = StreamingService(
            database=self.database,
            manager=self.manager,
            realtime=self.room,
            snapshots=unheard(),
            sources=self.sources,
            matches=StaticMatches(),
            audit=self.audit,
            clock=self.clock,
            ids=self.ids,
        )

    async def found(self, slug: str = "radio", **more: Any) -> str:
        detail = await self.channels.create_for("owner", CreateChannel(slug=slug, name="Radio", **more))
        self.channel = detail.id
        return detail.id

    def start(self, session: Any = OWNER, **more: Any) -> Any:
        fields = {"channel_id": self.channel, "show_title": "Show", "host_name": "Host", "show_type": "live"} | more
        return self.service.start(session, StartStream(**fields))

    def stop(self, session: Any = OWNER, **more: Any) -> Any:
        return self.service.stop(session, StopStream(channel_id=self.channel, **more))

    def update(self, session: Any = OWNER, **fields: Any) -> Any:
        return self.service.update_metadata(session, UpdateMetadata(channel_id=self.channel, **fields))

    def interact(self, session: Any, kind: Any, emoji: str | None = None) -> Any:
        return self.service.interact(session, SendInteraction(channel_id=self.channel, type=kind, emoji=emoji))

    async def join(self, session: Any, channel: str | None = None) -> Any:
        """What a joiner gets, once it is counted."""

        async def load(offset: str) -> NowPlayingAt:
            return NowPlayingAt(now=await self.service.shown(channel or self.channel), offset=offset)

        snapshot = await self.service.join(session, channel or self.channel, load)
        await self.manager.flush()
        return msgspec.json.decode(snapshot)

    async def now(self) -> Any:
        return await self.service.now_playing(self.channel)

    async def records(self, **more: Any) -> Any:
        return await self.service.streams(self.channel, **({"before": None, "limit": 50} | more))


@pytest.fixture
async def station(database: Database, redis: RedisStore, clock: ManualClock) -> Station:
    station = Station(database, redis, clock)
    await station.found()
    return station


async def refused(work: Any, error: type[DomainError]) -> None:
    with pytest.raises(error):
        await work


async def test_going_live_by_hand_and_off_again(station: Station, clock: ManualClock) -> None:
    assert (await station.now()).stream is None
    started = await station.start()
    state = await station.now()
    assert (state.channel.live, state.stream.stream_id, state.stream.started_by) == (True, started.stream_id, "manual")
    assert (state.metadata.show_title, state.metadata.track_name) == ("Show", None)
    assert station.room.names() == ["stream:started", "stream:live"]
    assert [room for room, _, _ in station.room.published] == ["everyone", f"channel:{station.channel}"]
    await refused(station.start(), Conflict)
    await refused(station.start(stream_id="another"), Conflict)
    assert (await station.start(stream_id=started.stream_id)).stream_id == started.stream_id, (
        "asked again, not begun again"
    )
    assert len(station.room.published) == 2
    clock.forward(5)
    stopped = await station.stop(reason="Good night")
    assert stopped.ended_at.ms == clock.ms
    assert station.room.names()[2:] == ["stream:stopped", "stream:offline"]
    assert station.room.of("stream:offline")[0] | {"at": 0} == {
        "channelId": station.channel, "streamId": started.stream_id, "reason": "Good night", "resumable": False,
        "endedAt": clock.ms, "at": 0,
    }  # fmt: skip
    assert station.sources.dropped == [(station.channel, REFUSE_SOURCE_S)]
    await refused(station.stop(), Conflict)
    await refused(station.start(stream_id=started.stream_id), Conflict)
    assert (await station.now()).stream is None


async def test_nobody_else_may(station: Station) -> None:
    for session in (OTHER, ADMIN, FAN):
        await refused(station.start(session), Forbidden)
    await refused(station.start(channel_id="nowhere"), NotFound)
    await refused(station.start(channel_id="radio"), NotFound)  # its slug: events know ids
    await refused(station.join(FAN, "radio"), NotFound)
    await refused(station.update(track_name="x"), Conflict)
    await refused(station.interact(FAN, "like"), Conflict)
    await station.start()
    for session in (OTHER, FAN):
        await refused(station.stop(session), Forbidden)
        await refused(station.update(session, track_name="x"), Forbidden)
        await refused(
            station.service.link_match(session, LinkMatch(channel_id=station.channel, match_id="m1")), Forbidden
        )
    await refused(station.update(ADMIN, track_name="x"), Forbidden)
    await refused(station.stop(stream_id="another"), Conflict)
    assert station.audit.entries == []
    await station.stop(ADMIN, reason="Rights")
    assert station.audit.entries == [("admin", "stream.stop", "radio", "Rights")]


async def test_two_starts_at_once_are_one_stream(station: Station) -> None:
    results = await asyncio.gather(*(station.start() for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 5
    assert len((await station.records()).items) == 1
    assert station.room.names() == ["stream:started", "stream:live"]


async def test_a_source_starts_a_stream_which_the_owner_adopts_once(station: Station) -> None:
    station.sources.on.add(station.channel)
    await station.service.source_connected(station.channel)
    await station.service.source_connected(station.channel)
    state = await station.now()
    assert (state.stream.started_by, state.stream.source_connected, state.metadata.show_title) == (
        "source",
        True,
        "Radio",
    )
    assert station.room.names() == ["stream:started", "stream:live"]
    await refused(station.start(stream_id="mine"), Conflict)
    adopted = await station.start(show_title="Derby")
    assert adopted.stream_id == state.stream.stream_id
    assert station.room.of("stream:metadata")[0]["showTitle"] == "Derby"
    await refused(station.start(), Conflict)


async def test_a_channel_that_wants_to_be_asked(station: Station) -> None:
    await station.found("careful", auto_live=False)
    station.sources.on.add(station.channel)
    await station.service.source_connected(station.channel)
    assert (await station.now()).stream is None
    assert station.room.published == []
    await station.start()
    assert (await station.now()).stream.source_connected is True
    assert station.sources.allowed == [station.channel]


async def test_losing_the_source_is_not_the_end(station: Station) -> None:
    await station.start()
    await station.service.source_lost(station.channel)  # there was none
    station.sources.on.add(station.channel)
    await station.service.source_connected(station.channel)
    station.sources.on.clear()
    await station.service.source_lost(station.channel)
    await station.service.source_lost(station.channel)
    offline = station.room.of("stream:offline")
    assert [(one["reason"], one["resumable"]) for one in offline] == [("source_lost", True)]
    assert "endedAt" not in offline[0]
    assert (await station.now()).stream.source_connected is False
    station.sources.on.add(station.channel)
    await station.service.source_connected(station.channel)
    assert station.room.names() == ["stream:started", "stream:live", "stream:live", "stream:offline", "stream:live"]
    # Its worker dies without a word: the sweep says it.
    station.sources.on.clear()
    await station.service.end_abandoned()
    assert len(station.room.of("stream:offline")) == 2


async def sweep(station: Station, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """The leader's rounds, every two seconds."""
    end = station.clock.ms + seconds * 1000
    while station.clock.ms < end and not until():
        await station.service.end_abandoned()
        station.clock.forward(2)


async def test_a_stream_without_source_and_owner_ends_after_the_grace_time(
    station: Station, clock: ManualClock
) -> None:
    station.manager.connected(OWNER)
    await station.manager.flush()
    await station.start()
    began = clock.ms
    await sweep(station, 300)
    assert (await station.now()).stream is not None, "the owner is here"
    station.manager.disconnected(OWNER)
    await station.manager.flush()
    await sweep(station, GRACE_MS / 1000 - 10)
    station.manager.connected(OWNER)
    await station.manager.flush()
    await sweep(station, 4)
    station.manager.disconnected(OWNER)
    await station.manager.flush()
    gone = clock.ms
    await sweep(station, GRACE_MS / 1000 - 4)
    assert (await station.now()).stream is not None, "coming back begins the grace time anew"
    await sweep(station, 60, lambda: "stream:stopped" in station.room.names())
    assert station.room.of("stream:stopped")[0]["reason"] == "owner_gone"
    assert GRACE_MS <= clock.ms - gone <= GRACE_MS + 6_000
    record = (await station.records()).items[0]
    assert (record.started_at.ms, record.end_reason) == (began, "owner_gone")


async def test_a_source_alone_keeps_a_stream(station: Station) -> None:
    station.sources.on.add(station.channel)
    await station.service.source_connected(station.channel)
    await sweep(station, 200)
    assert (await station.now()).stream is not None


async def test_a_stream_survives_that_nobody_looked_and_a_restart(station: Station, clock: ManualClock) -> None:
    started = await station.start()
    await sweep(station, 20)  # absent by now
    clock.forward(3600)  # the whole gateway was away
    station.boot()
    await station.service.end_abandoned()
    assert (await station.now()).stream.stream_id == started.stream_id, "who was here has the grace time to come back"
    await sweep(station, GRACE_MS / 1000 - 6)
    assert (await station.now()).stream is not None
    await sweep(station, 12)
    assert (await station.now()).stream is None


async def test_metadata_changes_what_is_given(station: Station, clock: ManualClock) -> None:
    await station.start()
    await refused(station.update(), InvalidPayload)
    clock.forward(1)
    first = await station.update(track_name="Anthem", artist_name="Band", artwork_url="https://x/y.png")
    assert (first.track_name, first.artist_name, first.show_title, first.at.ms) == ("Anthem", "Band", "Show", clock.ms)
    second = await station.update(show_title="Late Show")
    assert (second.track_name, second.show_title, second.artwork_url) == ("Anthem", "Late Show", "https://x/y.png")
    third = await station.update(artist_name="", artwork_url="")
    assert (third.track_name, third.artist_name, third.artwork_url) == ("Anthem", None, None)
    await station.service.source_title(station.channel, artist=None, title="From the source")
    assert (await station.now()).metadata.track_name == "From the source"
    await station.service.source_title(station.channel, artist="x" * 400, title="y" * 400)
    assert len((await station.now()).metadata.artist_name) == 300
    told = [(one.get("trackName"), one["showTitle"]) for one in station.room.of("stream:metadata")]
    assert told[:4] == [("Anthem", "Show"), ("Anthem", "Late Show"), ("Anthem", "Late Show"),
                        ("From the source", "Late Show")]  # fmt: skip
    rows = (await station.service.history("radio", before=None, limit=50)).items
    assert [(row.track_name or "")[:15] for row in reversed(rows)] == ["Anthem", "Anthem", "From the source", "y" * 15]
    await station.stop()
    await station.service.source_title(station.channel, artist=None, title="off air")
    assert len((await station.service.history("radio", before=None, limit=50)).items) == 4


async def test_pages_of_streams_and_tracks_have_no_gap_and_no_repeat(station: Station, clock: ManualClock) -> None:
    made = []
    for n in range(11):
        clock.ms += n % 3 == 0  # several within one millisecond
        made.append((await station.start(stream_id=f"s{(n * 7) % 11:02}")).stream_id)
        await station.update(track_name=f"t{n}")
        await station.stop()

    async def pages(read: Any) -> list[Any]:
        items, before = [], None
        while True:
            page = await read(before=before, limit=3)
            items += page.items
            before = page.next
            if before is None:
                return items

    records = await pages(lambda **at: station.service.streams("radio", **at))
    assert sorted(record.id for record in records) == sorted(made)
    assert [r.started_at.ms for r in records] == sorted((r.started_at.ms for r in records), reverse=True)
    tracks = await pages(lambda **at: station.service.history("radio", **at))
    assert [track.track_name for track in tracks] == [f"t{n}" for n in reversed(range(11))]


async def test_listeners_and_peaks(station: Station) -> None:
    await station.start()
    for n in range(3):
        snapshot = await station.join(guest(f"g{n}"))
        assert snapshot["offset"] == station.room.offset
        assert (await station.now()).listeners.watching == n + 1
    assert station.room.rooms[f"channel:{station.channel}"] == {"g0", "g1", "g2"}
    await station.service.tell_listeners()
    await station.service.tell_listeners()
    assert station.room.of("stream:listeners") == [
        {"channelId": station.channel, "count": 0, "unique": 0, "watching": 3}
    ]
    for n in range(3):
        await station.service.leave(guest(f"g{n}"), station.channel)
    await station.manager.flush()
    await station.service.tell_listeners()
    assert station.room.of("stream:listeners")[-1]["watching"] == 0
    for n in range(4):  # too short for a round of the ticker
        await station.join(caller(Role.LISTENER, "fan", f"f{n}"))
        await station.manager.audience.sound_began(station.channel, f"s{n}", "p:1", f"f{n}")
    await station.manager.flush()
    await station.stop()
    record = (await station.records()).items[0]
    assert (record.peak_listeners, record.peak_unique) == (4, 1)
    for n in range(4):
        station.manager.audience.sound_ended(station.channel, f"s{n}")
    station.room.open = set()
    await station.join(guest("gone"))
    assert (await station.now()).listeners.watching == 4, "it closed while it waited for the room"


async def test_a_newcomer_is_told_the_place_after_which_it_hears_everything(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RecordingRealtime, "place", "e-107")  # 107 is on its way to those who were there before
    assert msgspec.json.decode(await station.service.active_now())["offset"] == "e-107"


async def test_the_list_of_everybody_goes_out_when_it_changed(station: Station, clock: ManualClock) -> None:
    await station.service.tell_active()
    assert station.room.published == []
    await station.start()
    await station.service.tell_active()
    await station.service.tell_active()
    assert [[item["slug"] for item in one["items"]] for one in station.room.of("streams:active")] == [["radio"]]
    await station.update(track_name="New")
    await station.service.tell_active()
    assert station.room.of("streams:active")[-1]["items"][0]["metadata"]["trackName"] == "New"
    clock.forward(6)
    await station.join(FAN)
    await station.manager.audience.sound_began(station.channel, "s1", "p:1", FAN.connection_id)
    await station.manager.flush()
    await station.service.tell_listeners()
    await station.service.tell_active()
    assert station.room.of("streams:active")[-1]["items"][0]["listeners"] == 1
    await station.stop()
    await station.service.tell_active()
    assert station.room.of("streams:active")[-1]["items"] == []


async def test_likes_count_once_for_each_member_and_stream(station: Station) -> None:
    await station.start()
    for _ in range(3):
        counts = await station.interact(FAN, "like")
        await station.interact(caller(user_id="ann"), "favorite")
        await station.interact(FAN, "share")
        await station.interact(FAN, "reaction", "🔥")
    assert counts.likes == 1
    await station.service.tell_interactions()
    await station.service.tell_interactions()
    told = station.room.of("interaction:counts")
    assert told == [
        {"channelId": station.channel, "likes": 1, "favorites": 1, "shares": 3, "reactions": 3,
         "recent": {"❤️": 1, "⭐": 1, "🔥": 3}}
    ]  # fmt: skip
    await refused(station.interact(FAN, "reaction"), InvalidPayload)
    await refused(station.interact(FAN, "like", "🔥"), InvalidPayload)
    await refused(station.interact(FAN, "reaction", "fire"), InvalidPayload)
    await station.stop()
    await station.start()
    assert (await station.service.interactions(station.channel)).likes == 0
    assert (await station.interact(FAN, "like")).likes == 1


async def test_a_match_beside_the_sound(station: Station) -> None:
    await station.start()

    def link(session: Any, match_id: str | None) -> Any:
        return station.service.link_match(session, LinkMatch(channel_id=station.channel, match_id=match_id))

    assert (await link(OWNER, "m1")).id == "m1"
    await link(OWNER, "m1")
    await refused(link(OWNER, "m9"), NotFound)
    assert (await station.service.match_of(station.channel)).id == "m1"  # type: ignore[union-attr]
    assert await link(ADMIN, None) is None
    assert [one["match"] for one in station.room.of("stream:match")] == [{"id": "m1"}, None]
    assert await station.service.match_of(station.channel) is None
    assert station.audit.entries == [("admin", "stream.link_match", "radio", None)]
    await station.stop()
    await link(OWNER, "m2")  # for the show to come
    assert (await station.service.match_of(station.channel)).id == "m2"  # type: ignore[union-attr]
    await station.start()
    assert (await station.now()).stream.match_id == "m2"


async def test_channels_belong_to_their_owners(station: Station) -> None:
    cid = station.channel
    own = await station.channels.get(OWNER, "radio")
    assert own.source is not None
    assert (own.source.mount, own.source.port) == ("/radio", 8005)
    assert (await station.channels.get(FAN, cid)).source is None
    assert (await station.channels.get(ADMIN, cid)).source is None
    row = await station.channels.authenticate_source("radio", own.source.password)
    assert row is not None
    assert row.id == cid
    for mount, password in (("radio", "wrong"), ("nowhere", own.source.password), ("radio", "ä\0"), ("", "")):
        assert await station.channels.authenticate_source(mount, password) is None
    renewed = await station.channels.renew_password(OWNER, "radio")
    assert renewed.source is not None
    assert await station.channels.authenticate_source("radio", own.source.password) is None
    assert await station.channels.authenticate_source("radio", renewed.source.password) is not None
    await refused(station.channels.create(FAN, CreateChannel(slug="fan", name="F")), Forbidden)
    await refused(station.channels.create(OTHER, CreateChannel(slug="radio", name="F")), Conflict)
    await refused(station.channels.create(OTHER, CreateChannel(slug="x1", name="F", owner_id="owner")), Forbidden)
    await refused(station.channels.update(OTHER, "radio", UpdateChannel(name="Mine")), Forbidden)
    changed = await station.channels.update(OWNER, "radio", UpdateChannel(description="New"))
    assert (changed.name, changed.description) == ("Radio", "New")
    await station.start()
    await refused(station.channels.delete(OWNER, "radio"), Conflict)
    await station.stop()
    await station.channels.delete(OWNER, "radio")
    await refused(station.channels.get(OWNER, cid), NotFound)


async def test_a_slug_that_reads_like_an_id_hides_no_channel(station: Station) -> None:
    cid = station.channel
    await station.channels.create(OTHER, CreateChannel(slug=cid, name="Impostor"))
    assert (await station.channels.get(FAN, cid)).owner_id == "owner"
    assert await station.service.channel_id(cid) == cid
    page = await station.channels.list(OTHER, mine=True, before=None, limit=10)
    assert [item.name for item in page.items] == ["Impostor"]


@pytest.mark.parametrize(
    "emoji",
    [
        "👍",
        "👍🏽",
        "❤️",
        "❤️‍🔥",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "1️⃣",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "⚽",
        "🏏",
        "🏀",
        "↔️",
        "‼️",
        "🫨",
        "👁️‍🗨️",
        "🤷🏾‍♀️",
        "\u2139\ufe0f",
    ],
)
def test_an_emoji_is_one(emoji: str) -> None:
    assert is_emoji(emoji)


@pytest.mark.parametrize(
    "text",
    ["", "a", "1", "👍👍", "👍a", "<b>", "\u200d", "\ufe0f", "🇩", "👍" + "\u0301" * 20, "👍\u200d", "👍\n", "é", "〱"],
)
def test_other_texts_are_none(text: str) -> None:
    assert not is_emoji(text)


@given(st.text())
def test_no_letter_is_ever_an_emoji(text: str) -> None:
    if any(character.isalpha() and character != "\u2139" for character in text):
        assert not is_emoji(text)


@given(st.text(min_size=1, max_size=30), st.integers(0, 2**31), st.text(max_size=30))
def test_a_source_password_opens_its_channel_and_generation_only(channel: str, generation: int, guess: str) -> None:
    keys = SourceKeys("one secret")
    password = keys.password(channel, generation)
    assert len(password) == 24
    assert password.isascii()
    assert password.isalnum()
    assert keys.matches(channel, generation, password)
    assert not keys.matches(channel, generation + 1, password)
    assert not keys.matches(channel + "x", generation, password)
    assert not SourceKeys("another secret").matches(channel, generation, password)
    assert keys.matches(channel, generation, guess) == (guess == password)


async def test_a_recovered_connection_is_a_listener_again_of_what_still_is(station: Station) -> None:
    arrivals = Arrivals(station.service, station.manager, station.room)
    first, other, gone = station.channel, await station.found("other"), await station.found("gone")
    rooms = [channel_room(first), channel_room(other), match_room("m1"), EVERYONE]
    await station.channels.delete(OWNER, gone)
    assert not await arrivals.resumed(FAN, [*rooms, channel_room(gone)])
    assert (await station.manager.listeners(other)).watching == 0
    for session in (FAN, OWNER):
        assert await arrivals.resumed(session, rooms)
    await station.manager.flush()
    assert (await station.manager.listeners(first)).watching == 2
    assert (await station.manager.listeners(other)).watching == 2
    assert await station.manager.owner_present("owner")
    for session in (FAN, OWNER):
        await arrivals.disconnected(session)
    await station.manager.flush()
    assert (await station.manager.listeners(other)).watching == 0
    assert not await station.manager.owner_present("owner")
