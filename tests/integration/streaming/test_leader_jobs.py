"""Streams that nobody makes any more, as the leader finds them."""

from __future__ import annotations

from collections.abc import Callable

from streaming.leader_jobs import GRACE_MS
from tests.support.doubles import ManualClock
from tests.support.station import OWNER, Station


async def sweep(station: Station, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """The leader's rounds, every two seconds."""
    end = station.clock.ms + seconds * 1000
    while station.clock.ms < end and not until():
        await station.leader.end_abandoned()
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
    await station.broadcasts.source_connected(station.channel)
    await sweep(station, 200)
    assert (await station.now()).stream is not None


async def test_a_stream_survives_that_nobody_looked_and_a_restart(station: Station, clock: ManualClock) -> None:
    started = await station.start()
    await sweep(station, 20)  # absent by now
    clock.forward(3600)  # the whole gateway was away
    station.boot()
    await station.leader.end_abandoned()
    assert (await station.now()).stream.stream_id == started.stream_id, "who was here has the grace time to come back"
    await sweep(station, GRACE_MS / 1000 - 6)
    assert (await station.now()).stream is not None
    await sweep(station, 12)
    assert (await station.now()).stream is None
