"""What admins do to accounts: what ends with it, who may not be lost, what is written down."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from identity.contracts import ChangePassword, ChangePerson, ResetPassword
from kit.contracts import Instant
from kit.db import Database
from kit.errors import Conflict, Forbidden, InvalidPayload, NotFound, Unauthorized, Unavailable
from kit.redis import RedisStore
from kit.session import Role
from tests.support.doubles import ManualClock, caller
from tests.support.identity_world import Commands, IdentityWorld

ADMIN = caller(Role.ADMIN, "admin")
NEW = "another good password"


@pytest.fixture
def world(database: Database, redis: RedisStore, clock: ManualClock) -> IdentityWorld:
    return IdentityWorld(database, redis, clock)


def change(**fields: Any) -> ChangePerson:
    return ChangePerson(**fields)


async def test_a_disabled_account_is_out_at_once_and_told_why(world: IdentityWorld, clock: ManualClock) -> None:
    user_id = await world.sign_up()
    tokens, other = await world.login(), await world.login()
    until = Instant(clock.ms + 3_600_000)
    person = await world.people.change(ADMIN, user_id, change(disabled=True, reason="Spam.", until=until))
    assert person.disabled is not None
    assert (person.disabled.reason, person.disabled.until) == ("Spam.", until)
    assert world.connections.all == [(user_id, "banned", False, 1)]
    for dead in (tokens, other):
        assert await world.refused(dead.access_token) == "unauthorized"
        with pytest.raises(Unauthorized):
            await world.refresh(dead.refresh_token)
    with pytest.raises(Forbidden, match=r"disabled until .*UTC: Spam\.$"):
        await world.login()
    with pytest.raises(Unauthorized):
        await world.login(password="wrong")  # who does not know the password learns nothing
    clock.forward(3_600)
    await world.who((await world.login()).access_token)
    assert (await world.people.get(user_id)).disabled is None


async def test_an_enabled_account_signs_in_again(world: IdentityWorld) -> None:
    user_id = await world.sign_up()
    await world.people.change(ADMIN, user_id, change(disabled=True, reason="Mistake"))
    with pytest.raises(Forbidden, match=r"^This account is disabled: Mistake\.$"):
        await world.login()
    assert (await world.people.change(ADMIN, user_id, change(disabled=False))).disabled is None
    await world.who((await world.login()).access_token)
    assert [entry[1:] for entry in world.audit.entries] == [
        ("person.disable", "ann@example.org", "Mistake"), ("person.enable", "ann@example.org", None),
    ]  # fmt: skip


async def test_a_new_role_counts_for_whoever_is_signed_in(world: IdentityWorld) -> None:
    user_id = await world.sign_up(role=Role.ADMIN)
    await world.sign_up("other@example.org", Role.ADMIN)
    tokens = await world.login()
    await world.people.change(ADMIN, user_id, change(role=Role.LISTENER, reason="Left the team"))
    assert await world.refused(tokens.access_token) == "unauthorized"
    assert world.connections.all == [(user_id, "signed_out", True, 1)]
    renewed = await world.refresh(tokens.refresh_token)
    session = await world.who(renewed.access_token)
    assert (session.role, session.generation, session.is_admin) == (Role.LISTENER, 1, False)
    assert world.audit.entries == [("admin", "person.role", "ann@example.org", "admin to listener; Left the team")]
    await world.people.change(ADMIN, user_id, change(role=Role.LISTENER))
    assert len(world.audit.entries) == 1, "nothing changed"


async def test_the_last_admin_cannot_be_lost(world: IdentityWorld, clock: ManualClock) -> None:
    first = await world.sign_up(role=Role.ADMIN)
    for cmd in (change(role=Role.OWNER), change(disabled=True, reason="x"), change(role=Role.FEED)):
        with pytest.raises(Conflict, match="last admin"):
            await world.people.change(caller(Role.ADMIN, first), first, cmd)
    second = await world.sign_up("second@example.org", Role.ADMIN)
    until = Instant(clock.ms + 1_000)
    await world.people.change(ADMIN, second, change(disabled=True, reason="Holiday", until=until))
    with pytest.raises(Conflict):
        await world.people.change(ADMIN, first, change(role=Role.OWNER))
    clock.forward(1)
    await world.people.change(ADMIN, first, change(role=Role.OWNER))
    await world.people.change(ADMIN, second, change(disabled=False))


async def test_two_admins_who_demote_each_other_leave_one(world: IdentityWorld) -> None:
    both = [await world.sign_up(f"admin{n}@example.org", Role.ADMIN) for n in range(2)]
    results = await asyncio.gather(
        *(world.people.change(ADMIN, one, change(role=Role.OWNER)) for one in both), return_exceptions=True
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1, results
    left = await world.people.page(text=None, role=Role.ADMIN, before=None, limit=10)
    assert len(left.items) == 1


async def test_ones_own_password(world: IdentityWorld) -> None:
    await world.sign_up()
    tokens, elsewhere = await world.login(), await world.login()
    session = await world.who(tokens.access_token)
    with pytest.raises(Forbidden, match="present password"):
        await world.service.change_password(session, ChangePassword(current="wrong", password=NEW))
    with pytest.raises(InvalidPayload, match="most common"):
        await world.service.change_password(
            session, ChangePassword(current="correct horse battery", password="0123456789")
        )
    with pytest.raises(InvalidPayload, match="already"):
        await world.service.change_password(
            session, ChangePassword(current="correct horse battery", password="correct horse battery")
        )
    await world.who(elsewhere.access_token)
    fresh = await world.service.change_password(session, ChangePassword(current="correct horse battery", password=NEW))
    assert (await world.who(fresh.access_token)).user_id == session.user_id
    for dead in (tokens, elsewhere):
        assert await world.refused(dead.access_token) == "unauthorized"
        with pytest.raises(Unauthorized):
            await world.refresh(dead.refresh_token)
    await world.refresh(fresh.refresh_token)
    await world.login(password=NEW)


async def test_a_password_that_an_admin_sets(world: IdentityWorld) -> None:
    user_id = await world.sign_up()
    tokens = await world.login()
    with pytest.raises(InvalidPayload):
        await world.people.reset_password(ADMIN, user_id, ResetPassword(password="short"))
    await world.people.reset_password(ADMIN, user_id, ResetPassword(password=NEW, reason="Forgotten"))
    assert await world.refused(tokens.access_token) == "unauthorized"
    with pytest.raises(Unauthorized):
        await world.login()
    await world.login(password=NEW)
    assert world.audit.entries == [("admin", "person.reset_password", "ann@example.org", "Forgotten")]
    with pytest.raises(NotFound):
        await world.people.reset_password(ADMIN, "nobody", ResetPassword(password=NEW))


async def test_sessions_are_listed_and_ended(world: IdentityWorld, clock: ManualClock) -> None:
    user_id = await world.sign_up()
    stranger = await world.sign_up("bob@example.org")
    first = await world.login(address="192.0.2.1")
    clock.forward(5)
    second = await world.login(address="2001:db8::1")
    session = await world.who(first.access_token)
    listed = (await world.service.sessions(session)).items
    assert [(one.current, one.address) for one in listed] == [(False, "2001:db8::/64"), (True, "192.0.2.1")]
    with pytest.raises(NotFound):
        await world.service.end_session(caller(Role.OWNER, stranger), listed[0].id)
    await world.service.end_session(session, listed[0].id)
    assert await world.refused(second.access_token) == "unauthorized"
    await world.who(first.access_token)
    with pytest.raises(NotFound):
        await world.service.end_session(session, listed[0].id)
    await world.people.end_sessions(ADMIN, user_id, None)
    assert await world.refused(first.access_token) == "unauthorized"
    assert (await world.people.sessions(user_id)).items == []
    await world.who((await world.login()).access_token)


async def test_people_are_found(world: IdentityWorld) -> None:
    for n, role in enumerate((Role.OWNER, Role.LISTENER, Role.LISTENER)):
        await world.sign_up(f"person{n}_x@example.org", role, name=f"Zoë {n}%")
    everybody = await world.people.page(text=None, role=None, before=None, limit=2)
    assert [one.email for one in everybody.items] == ["person2_x@example.org", "person1_x@example.org"]
    rest = await world.people.page(text=None, role=None, before=everybody.next, limit=2)
    assert ([one.email for one in rest.items], rest.next) == (["person0_x@example.org"], None)
    for text, found in (("PERSON1", 1), ("0%", 1), ("person zoë", 3), ("_x", 3), ("%x", 0), ("nobody", 0)):
        page = await world.people.page(text=text, role=None, before=None, limit=10)
        assert len(page.items) == found, text
    assert len((await world.people.page(text="zoë", role=Role.LISTENER, before=None, limit=9)).items) == 2
    with pytest.raises(InvalidPayload):
        await world.people.page(text="a b c d e f g h i", role=None, before=None, limit=9)


@pytest.mark.parametrize(
    "fields",
    [{}, {"disabled": True}, {"role": Role.GUEST}, {"role": Role.OWNER, "until": Instant(10**13)},
     {"disabled": True, "reason": "x", "until": Instant(5)}, {"disabled": False, "until": Instant(10**13)}],
    ids=str,
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(world: IdentityWorld, fields: dict[str, Any]) -> None:
    user_id = await world.sign_up()
    with pytest.raises(InvalidPayload):
        await world.people.change(ADMIN, user_id, change(**fields))
    with pytest.raises(NotFound):
        await world.people.change(ADMIN, "nobody", change(role=Role.OWNER))


async def test_what_ended_while_redis_was_away_is_told_later(
    world: IdentityWorld, redis: RedisStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command line does it, which has no Redis: the leader's sweep finds it in the database."""
    user_id = await world.sign_up()
    tokens = await world.login()
    with monkeypatch.context() as patch:

        async def away(_: Commands, *command: str | bytes | int) -> Any:  # noqa: ARG001 - the port's signature
            raise Unavailable("Redis does not answer now.")

        patch.setattr(Commands, "command", away)
        await world.people.change(ADMIN, user_id, change(disabled=True, reason="x"))
    assert world.connections.all == []
    await world.who(tokens.access_token)
    await world.revoker.sweep()
    assert await world.refused(tokens.access_token) == "unauthorized"
    assert world.connections.all == [(user_id, "banned", False, 1)]
    clock.forward(6)
    await redis.client.flushdb()  # it lost its memory
    await world.revoker.sweep()
    assert await world.refused(tokens.access_token) == "unauthorized"
    assert len(world.connections.all) == 1, "told once"
