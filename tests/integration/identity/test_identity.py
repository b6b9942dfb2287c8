"""Signing in: what tells an attacker nothing, what ends a login, and which tokens are refused."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from identity.contracts import Login, Tokens
from identity.passwords import Passwords
from identity.rotation import IDLE_MS
from identity.service import IdentityService
from identity.tokens import ACCESS_SECONDS, SKEW_SECONDS, AccessTokens
from kit.db import Database
from kit.errors import Conflict, InvalidPayload, Unauthorized, Unavailable
from kit.redis import RedisStore
from kit.session import Role, Session
from tests.support.doubles import ManualClock
from tests.support.identity_world import ADDRESS, PASSWORD, SECRET, Commands, IdentityWorld


@pytest.fixture
def world(database: Database, redis: RedisStore, clock: ManualClock) -> IdentityWorld:
    return IdentityWorld(database, redis, clock)


@pytest.fixture
def identity(world: IdentityWorld) -> IdentityService:
    return world.service


async def sign_up(identity: IdentityService, email: str = "Ann@Example.org", role: Role = Role.OWNER) -> str:
    return (await identity.create_user(email=email, password=PASSWORD, role=role, display_name="Ann")).id


async def login(identity: IdentityService, email: str = "ann@example.org", password: str = PASSWORD) -> Tokens:
    return await identity.login(Login(email=email, password=password), ADDRESS)


async def refresh(identity: IdentityService, token: str) -> Tokens:
    return await identity.refresh(token, ADDRESS)


async def who(identity: IdentityService, token: str | None, device: str | None = None) -> Session:
    return await identity.session(connection_id="c1", token=token, address=ADDRESS, device=device)


async def refused(identity: IdentityService, token: str) -> str | None:
    with pytest.raises(Unauthorized) as caught:
        await who(identity, token)
    return caught.value.reason


async def test_an_account_signs_in_however_its_address_is_typed(identity: IdentityService) -> None:
    user_id = await sign_up(identity)
    tokens = await login(identity, " ANN@example.ORG ".strip())
    assert (tokens.user.id, tokens.user.email, tokens.user.role) == (user_id, "ann@example.org", "owner")
    assert tokens.expires_in == ACCESS_SECONDS
    session = await who(identity, tokens.access_token)
    assert (session.user_id, session.member, session.display_name) == (user_id, f"u:{user_id}", "Ann")
    assert session.roles == {Role.GUEST, Role.LISTENER, Role.OWNER}
    assert (await identity.user(user_id)).email == "ann@example.org"
    found = await identity.find_user("ANN@example.org")
    assert found is not None
    assert found.id == user_id
    with pytest.raises(Unauthorized):
        await identity.user("nobody")


async def test_one_account_for_one_address(identity: IdentityService) -> None:
    await sign_up(identity)
    with pytest.raises(Conflict):
        await sign_up(identity, "ann@EXAMPLE.org")
    with pytest.raises(InvalidPayload):
        await identity.create_user(email="b@c", password="short", role=Role.OWNER)
    with pytest.raises(InvalidPayload):
        await identity.create_user(email="b@c", password=PASSWORD, role=Role.GUEST)


async def test_a_wrong_password_and_an_unknown_address_look_the_same(identity: IdentityService) -> None:
    await sign_up(identity)
    answers = []
    for email, password in (("ann@example.org", "wrong"), ("bob@example.org", "wrong"), ("bob@example.org", PASSWORD)):
        with pytest.raises(Unauthorized) as caught:
            await login(identity, email, password)
        answers.append((caught.value.message, caught.value.reason, caught.value.retry_after))
    assert len(set(answers)) == 1


async def test_an_unknown_address_costs_a_hash_too() -> None:
    hashed: list[str] = []

    class Noting(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:  # noqa: A002 - the library's name
            hashed.append(password)
            return super().verify(hash, password)

    passwords = Passwords(Noting(time_cost=1, memory_cost=8, parallelism=1))
    assert not await passwords.matches(None, "guess")
    assert not await passwords.matches(None, "no account has this password"), "the decoy opens nothing"
    stored = await passwords.hash("right")
    assert await passwords.matches(stored, "right")
    assert not await passwords.matches("not a hash", "right")
    assert hashed == ["guess", "no account has this password", "right", "right"]
    assert not passwords.outdated(stored)
    assert Passwords().outdated(stored)


async def test_logging_out_ends_the_whole_login(identity: IdentityService) -> None:
    await sign_up(identity)
    tokens, other = await login(identity), await login(identity)
    renewed = await refresh(identity, tokens.refresh_token)
    await identity.logout(renewed.refresh_token, ADDRESS)
    await identity.logout(renewed.refresh_token, ADDRESS)
    await identity.logout("a token that never was", ADDRESS)
    for dead in (tokens, renewed):
        assert await refused(identity, dead.access_token) == "unauthorized"
    with pytest.raises(Unauthorized):
        await refresh(identity, renewed.refresh_token)
    await who(identity, other.access_token)


async def test_tokens_end_with_their_time(identity: IdentityService, clock: ManualClock) -> None:
    await sign_up(identity)
    tokens = await login(identity)
    clock.forward(ACCESS_SECONDS + SKEW_SECONDS - 1)  # servers' clocks may differ by so much
    assert (await who(identity, tokens.access_token)).expires_at == (clock.ms // 1000) + 1
    clock.forward(1)
    assert await refused(identity, tokens.access_token) == "token_expired"
    clock.ms += IDLE_MS - (ACCESS_SECONDS + SKEW_SECONDS) * 1000 - 1
    renewed = await refresh(identity, tokens.refresh_token)
    clock.ms += IDLE_MS + 1
    with pytest.raises(Unauthorized):
        await refresh(identity, renewed.refresh_token)


async def test_a_changed_password_counts_from_now_on(identity: IdentityService) -> None:
    user_id = await sign_up(identity)
    before = await login(identity)
    await identity.set_password(user_id, "another good password")
    assert await refused(identity, before.access_token) == "unauthorized"
    with pytest.raises(Unauthorized):
        await refresh(identity, before.refresh_token)
    with pytest.raises(Unauthorized):
        await login(identity)
    await login(identity, password="another good password")
    assert await identity.has_demo_accounts() is False
    await identity.create_user(email="demo@x", password=PASSWORD, role=Role.LISTENER, demo=True)
    assert await identity.has_demo_accounts() is True


async def test_guests_are_known_by_a_well_formed_device(identity: IdentityService) -> None:
    assert (await who(identity, None, "device-12345678")).member == "g:device-12345678"
    for device in (None, "", "short", "x" * 65, "has space 123", "line-break-1\n"):
        session = await who(identity, None, device)
        assert (session.member, session.roles, session.signed_in) == ("g:c1", {Role.GUEST}, False)
    assert (await identity.authenticate("c9", {"token": "", "device": 5}, "a")).member == "g:c9"
    with pytest.raises(Unauthorized):
        await identity.authenticate("c9", {"token": ["x"]}, "a")


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": "touchline", "aud": "touchline", "sub": "u1", "name": "U", "role": "listener", "fam": "f",
             "iat": now, "exp": now + 900}  # fmt: skip
    return {name: value for name, value in (whole | changes).items() if value is not ...}


class Present:
    def now_ms(self) -> int:
        return int(time.time() * 1000)


READER = AccessTokens(SECRET, Present())


def test_the_token_that_the_bad_ones_differ_from_is_good() -> None:
    assert READER.read(jwt.encode(claims(), SECRET, algorithm="HS256")).user_id == "u1"


@pytest.mark.parametrize(
    "changes",
    [{"aud": "other"}, {"aud": ...}, {"iss": "other"}, {"iss": ...}, {"sub": ...}, {"sub": 5}, {"name": ...},
     {"role": "emperor"}, {"role": ...}, {"role": ["admin"]}, {"fam": ...}, {"exp": ...}, {"exp": "soon"},
     {"exp": None}, {"iat": ...}],
    ids=str,
)  # fmt: skip
def test_a_token_with_other_claims_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized) as caught:
        READER.read(jwt.encode(claims(**changes), SECRET, algorithm="HS256"))
    assert caught.value.reason == "unauthorized"


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(claims(), None, algorithm="none"),
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims())}.",
        f"{part({'alg': 'None'})}.{part(claims())}.x",
        jwt.encode(claims(), SECRET[:-1] + "x", algorithm="HS256"),
        jwt.encode(claims(), SECRET * 2, algorithm="HS512"),
        jwt.encode(claims(), SECRET, algorithm="HS256")[:-3],
        jwt.encode(claims(), SECRET, algorithm="HS256").replace(".", "..", 1),
        f"{part(b'[' * 100_000)}.{part(claims())}.x",
        f"{part({'alg': 'HS256'})}.{part(b'[' * 100_000)}.x",
        "\ud800.a.b",
        "",
    ],
    ids=["none", "none by hand", "None", "other key", "other algorithm", "cut", "dots", "deep header", "deep payload",
         "surrogate", "empty"],
)  # fmt: skip
def test_a_token_that_we_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        READER.read(token)
    assert caught.value.reason == "unauthorized"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
odd_claims = st.fixed_dictionaries({}, optional=dict.fromkeys(claims(), json_values)).map(lambda odd: claims(**odd))


@given(
    st.text(st.characters())
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.tuples(json_values, json_values, st.text(max_size=6)).map(lambda t: f"{part(t[0])}.{part(t[1])}.{t[2]}")
    | st.tuples(odd_claims, st.sampled_from(["HS384", "HS512"])).map(
        lambda t: jwt.encode(claims(name=str(t[0])), SECRET * 2, algorithm=t[1])
    )
)
def test_no_string_at_all_is_anything_but_unauthorized(token: str) -> None:
    with pytest.raises(Unauthorized):
        READER.read(token)


@given(json_values, st.sampled_from(sorted(claims())))
def test_whatever_is_signed_reads_as_claims_or_is_unauthorized(value: Any, name: str) -> None:
    try:
        token = jwt.encode(claims(**{name: value}), SECRET, algorithm="HS256")
    except (TypeError, ValueError):
        return  # not to be written in the first place
    try:
        read = READER.read(token)
    except Unauthorized:
        return
    assert isinstance(read.user_id, str)
    assert isinstance(read.role, Role)
    assert read.expires_at > time.time()


async def test_while_redis_is_away_guests_get_in_and_nobody_else(
    identity: IdentityService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token may have been revoked meanwhile: who holds it is told to come back, and is not let in unseen."""
    await sign_up(identity)
    tokens = await login(identity)

    async def away(_: Commands, *command: str | bytes | int) -> Any:  # noqa: ARG001 - the port's signature
        raise Unavailable("Redis does not answer now.")

    monkeypatch.setattr(Commands, "command", away)
    with pytest.raises(Unavailable):
        await who(identity, tokens.access_token)
    assert (await who(identity, None)).role is Role.GUEST
