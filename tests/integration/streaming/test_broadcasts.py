"""Going live, being live and going off air, on both databases and a real Redis."""

from __future__ import annotations

import asyncio
from typing import Any

from kit.errors import Conflict, Forbidden, InvalidPayload, NotFound
from streaming.broadcasts import REFUSE_SOURCE_S
from streaming.contracts import LinkMatch
from tests.support.doubles import ManualClock
from tests.support.station import ADMIN, FAN, OTHER, OWNER, Station, refused


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
            station.broadcasts.link_match(session, LinkMatch(channel_id=station.channel, match_id="m1")), Forbidden
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
    await station.broadcasts.source_connected(station.channel)
    await station.broadcasts.source_connected(station.channel)
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
    await station.broadcasts.source_connected(station.channel)
    assert (await station.now()).stream is None
    assert station.room.published == []
    await station.start()
    assert (await station.now()).stream.source_connected is True
    assert station.sources.allowed == [station.channel]


async def test_losing_the_source_is_not_the_end(station: Station) -> None:
    await station.start()
    await station.broadcasts.source_lost(station.channel)  # there was none
    station.sources.on.add(station.channel)
    await station.broadcasts.source_connected(station.channel)
    station.sources.on.clear()
    await station.broadcasts.source_lost(station.channel)
    await station.broadcasts.source_lost(station.channel)
    offline = station.room.of("stream:offline")
    assert [(one["reason"], one["resumable"]) for one in offline] == [("source_lost", True)]
    assert "endedAt" not in offline[0]
    assert (await station.now()).stream.source_connected is False
    station.sources.on.add(station.channel)
    await station.broadcasts.source_connected(station.channel)
    assert station.room.names() == ["stream:started", "stream:live", "stream:live", "stream:offline", "stream:live"]
    # Its worker dies without a word: the sweep says it.
    station.sources.on.clear()
    await station.leader.end_abandoned()
    assert len(station.room.of("stream:offline")) == 2


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
    await station.broadcasts.source_title(station.channel, artist=None, title="From the source")
    assert (await station.now()).metadata.track_name == "From the source"
    await station.broadcasts.source_title(station.channel, artist="x" * 400, title="y" * 400)
    assert len((await station.now()).metadata.artist_name) == 300
    told = [(one.get("trackName"), one["showTitle"]) for one in station.room.of("stream:metadata")]
    assert told[:4] == [("Anthem", "Show"), ("Anthem", "Late Show"), ("Anthem", "Late Show"),
                        ("From the source", "Late Show")]  # fmt: skip
    rows = (await station.service.history("radio", before=None, limit=50)).items
    assert [(row.track_name or "")[:15] for row in reversed(rows)] == ["Anthem", "Anthem", "From the source", "y" * 15]
    await station.stop()
    await station.broadcasts.source_title(station.channel, artist=None, title="off air")
    assert len((await station.service.history("radio", before=None, limit=50)).items) == 4


async def test_a_match_beside_the_sound(station: Station) -> None:
    await station.start()

    def link(session: Any, match_id: str | None) -> Any:
        return station.broadcasts.link_match(session, LinkMatch(channel_id=station.channel, match_id=match_id))

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
