"""What is read of channels and streams, on both databases."""

from __future__ import annotations

from typing import Any

from tests.support.doubles import ManualClock
from tests.support.station import Station


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
