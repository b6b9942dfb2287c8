"""Titles that sources give, against the beginning and the change of sources, on both databases."""

from __future__ import annotations

from audio.titles import SourceTitle
from tests.support.station import Station


async def shown(station: Station) -> tuple[str | None, str | None]:
    metadata = (await station.now()).metadata
    return metadata.artist_name, metadata.track_name


async def tracks(station: Station) -> list[str | None]:
    page = await station.service.history(station.channel, before=None, limit=50)
    return [track.track_name for track in page.items]


async def test_a_stream_begins_with_what_its_source_has_named_before_the_first_sound(station: Station) -> None:
    station.sources.title = SourceTitle("Björk", "Jóga")
    await station.broadcasts.source_connected(station.channel)
    assert await shown(station) == ("Björk", "Jóga")
    started = next(payload for _, name, payload in station.room.published if name == "stream:started")
    assert started["metadata"]["trackName"] == "Jóga"
    assert await tracks(station) == ["Jóga"]


async def test_a_stream_started_by_hand_shows_what_its_waiting_source_plays(station: Station) -> None:
    station.sources.title = SourceTitle(None, "Jóga")
    station.sources.on.add(station.channel)
    await station.start()
    assert await shown(station) == (None, "Jóga")
    assert await tracks(station) == ["Jóga"]


async def test_a_title_outlives_its_own_source_and_goes_with_another(station: Station) -> None:
    await station.broadcasts.source_connected(station.channel)
    await station.broadcasts.source_title(station.channel, artist="Björk", title="Jóga")
    station.sources.title = SourceTitle("Björk", "Jóga")
    await station.broadcasts.source_lost(station.channel)
    await station.broadcasts.source_connected(station.channel)
    assert await shown(station) == ("Björk", "Jóga")

    await station.broadcasts.source_lost(station.channel)
    station.sources.title, station.sources.stale = None, SourceTitle("Björk", "Jóga")
    await station.broadcasts.source_connected(station.channel)
    assert await shown(station) == (None, None)
    assert station.room.names()[-2:] == ["stream:metadata", "stream:live"]
    assert await tracks(station) == ["Jóga"]


async def test_another_source_begins_with_its_own_title(station: Station) -> None:
    await station.broadcasts.source_connected(station.channel)
    await station.broadcasts.source_title(station.channel, artist="Björk", title="Jóga")
    station.sources.title, station.sources.stale = SourceTitle(None, "Bachelorette"), SourceTitle("Björk", "Jóga")
    await station.broadcasts.source_connected(station.channel)
    assert await shown(station) == (None, "Bachelorette")


async def test_what_the_owner_wrote_stays_when_another_source_begins(station: Station) -> None:
    await station.broadcasts.source_connected(station.channel)
    await station.update(track_name="Interview", artist_name="")
    station.sources.stale = SourceTitle("Björk", "Jóga")
    await station.broadcasts.source_connected(station.channel)
    assert await shown(station) == (None, "Interview")


async def test_a_source_that_is_heard_and_not_said_to_be_is_found(station: Station) -> None:
    """News of two sources may overtake each other: the one that left was told last."""
    await station.broadcasts.source_connected(station.channel)
    station.sources.on.add(station.channel)
    await station.broadcasts.source_lost(station.channel)
    assert (await station.now()).stream.source_connected is False
    await station.leader.end_abandoned()
    assert (await station.now()).stream.source_connected is True
