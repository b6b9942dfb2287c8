"""Connections that come back."""

from __future__ import annotations

from kit.rooms import EVERYONE, channel_room, match_room
from tests.support.station import FAN, OWNER, Station


async def test_a_recovered_connection_is_a_listener_again_of_what_still_is(station: Station) -> None:
    first, other, gone = station.channel, await station.found("other"), await station.found("gone")
    rooms = [channel_room(first), channel_room(other), match_room("m1"), EVERYONE]
    await station.channels.delete(OWNER, gone)
    assert not await station.presence.resumed(FAN, [*rooms, channel_room(gone)])
    assert (await station.manager.listeners(other)).watching == 0
    for session in (FAN, OWNER):
        assert await station.presence.resumed(session, rooms)
    await station.manager.flush()
    assert (await station.manager.listeners(first)).watching == 2
    assert (await station.manager.listeners(other)).watching == 2
    assert await station.manager.owner_present("owner")
    for session in (FAN, OWNER):
        await station.presence.disconnected(session)
    await station.manager.flush()
    assert (await station.manager.listeners(other)).watching == 0
    assert not await station.manager.owner_present("owner")
