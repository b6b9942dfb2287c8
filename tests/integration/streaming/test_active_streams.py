"""The list of streams on air."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.doubles import ManualClock, RecordingRealtime
from tests.support.station import FAN, Station


async def test_the_list_of_everybody_goes_out_when_it_changed(station: Station, clock: ManualClock) -> None:
    await station.leader.publish_active()
    assert station.room.published == []
    await station.start()
    await station.leader.publish_active()
    await station.leader.publish_active()
    assert [[item["slug"] for item in one["items"]] for one in station.room.of("streams:active")] == [["radio"]]
    await station.update(track_name="New")
    await station.leader.publish_active()
    assert station.room.of("streams:active")[-1]["items"][0]["metadata"]["trackName"] == "New"
    clock.forward(6)
    await station.join(FAN)
    await station.manager.audience.sound_began(station.channel, "s1", "p:1", FAN.connection_id)
    await station.manager.flush()
    await station.leader.publish_listeners()
    await station.leader.publish_active()
    assert station.room.of("streams:active")[-1]["items"][0]["listeners"] == 1
    await station.stop()
    await station.leader.publish_active()
    assert station.room.of("streams:active")[-1]["items"] == []


async def test_a_newcomer_is_told_the_place_after_which_it_hears_everything(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RecordingRealtime, "place", "e-107")  # 107 is on its way to those who were there before
    assert msgspec.json.decode(await station.active.for_connection())["offset"] == "e-107"
