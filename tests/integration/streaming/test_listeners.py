"""Listeners, their numbers and their reactions, on both databases and a real Redis."""

from __future__ import annotations

from kit.errors import InvalidPayload
from kit.session import Role
from tests.support.doubles import caller, guest
from tests.support.station import FAN, Station, refused


async def test_listeners_and_peaks(station: Station) -> None:
    await station.start()
    for n in range(3):
        snapshot = await station.join(guest(f"g{n}"))
        assert snapshot["offset"] == station.room.offset
        assert (await station.now()).listeners.watching == n + 1
    assert station.room.rooms[f"channel:{station.channel}"] == {"g0", "g1", "g2"}
    await station.leader.publish_listeners()
    await station.leader.publish_listeners()
    assert station.room.of("stream:listeners") == [
        {"channelId": station.channel, "count": 0, "unique": 0, "watching": 3}
    ]
    for n in range(3):
        await station.listeners.leave(guest(f"g{n}"), station.channel)
    await station.manager.flush()
    await station.leader.publish_listeners()
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


async def test_likes_count_once_for_each_member_and_stream(station: Station) -> None:
    await station.start()
    for _ in range(3):
        counts = await station.interact(FAN, "like")
        await station.interact(caller(user_id="ann"), "favorite")
        await station.interact(FAN, "share")
        await station.interact(FAN, "reaction", "🔥")
    assert counts.likes == 1
    await station.leader.publish_interactions()
    await station.leader.publish_interactions()
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
