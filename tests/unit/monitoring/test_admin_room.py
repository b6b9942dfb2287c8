"""Who may come back to the admins' room."""

from __future__ import annotations

from kit.rooms import ADMINS, channel_room
from kit.session import Role
from monitoring.admin_room import AdminRoomGuard
from tests.support.doubles import caller, guest


async def test_only_an_admin_comes_back_to_the_admins_room() -> None:
    guard = AdminRoomGuard()
    assert await guard.resumed(caller(Role.ADMIN), [ADMINS, channel_room("ch")])
    assert not await guard.resumed(caller(Role.OWNER), [ADMINS, channel_room("ch")])
    assert await guard.resumed(guest(), [channel_room("ch")])
