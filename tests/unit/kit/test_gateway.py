"""The dispatcher: its order, its two forms of ack, and what never gets out of it."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from kit import errors
from kit.contracts import Payload, Reply, encode_event
from kit.errors import DomainError, Forbidden
from kit.gateway import RESERVED, Dispatcher, Gateway, event
from kit.rate_limits import Rate
from kit.session import ANYONE, SIGNED_IN, Role, Session
from tests.harness import ROOT
from tests.support.doubles import caller, captured_logs, guest

PLENTY = Rate(1000, per=1)
CODES = {"invalid_payload", "unauthorized", "forbidden", "not_found", "unknown_event", "conflict", "rate_limited",
         "unavailable", "internal"}  # fmt: skip


class Say(Payload, frozen=True, kw_only=True):
    text: Annotated[str, msgspec.Meta(max_length=10)]


class Said(Reply, frozen=True, kw_only=True):
    text: str


class Room(Gateway):
    """A gateway whose one rule the test gives."""

    def __init__(self, rule: Callable[[], object] = lambda: None) -> None:
        self.rule = rule
        self.handled: list[str] = []

    @event("room:say", roles=SIGNED_IN, rate=PLENTY)
    async def say(self, session: Session, cmd: Say) -> Said:
        """Say something."""
        self.handled.append(session.member)
        self.rule()
        return Said(text=cmd.text)

    @event("room:look", roles=ANYONE, rate=PLENTY)
    async def look(self, _session: Session) -> None:
        """Look around."""
        self.rule()

    @event("room:rule", roles={Role.ADMIN}, rate=PLENTY)
    async def set_rule(self, _session: Session, cmd: Say) -> Said:
        """Admins only."""
        return Said(text=cmd.text)


class Counting:
    """A limiter that notes what it was asked, and refuses when told to; also the metrics."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.wait: float | None = None
        self.fails: Exception | None = None
        self.outcomes: list[tuple[str, str]] = []

    async def hit(self, key: str, rate: Rate, session: Session) -> float | None:  # noqa: ARG002 - Limiter
        self.hits.append(key)
        if self.fails is not None:
            raise self.fails
        return self.wait

    def handled(self, event: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.outcomes.append((event, outcome))


def setting(rule: Callable[[], object] = lambda: None) -> tuple[Dispatcher, Room, Counting]:
    room, counting = Room(rule), Counting()
    return Dispatcher([room], limiter=counting, metrics=counting), room, counting


def raising(error: BaseException) -> Callable[[], object]:
    def rule() -> object:
        raise error

    return rule


async def code(answer: Awaitable[dict[str, Any]]) -> str:
    ack = await answer
    assert ack["ok"] is False
    found: str = ack["error"]["code"]
    return found


async def test_each_check_comes_before_the_next() -> None:
    dispatcher, room, counting = setting()
    bad = [{"text": 5}, "too many"]
    assert await code(dispatcher.dispatch(guest(), "room:nothing", bad)) == "unknown_event"
    assert await code(dispatcher.dispatch(guest(), "room:say", bad)) == "unauthorized"
    assert await code(dispatcher.dispatch(caller(), "room:rule", bad)) == "forbidden"
    assert counting.hits == []
    counting.wait = 1.5
    assert await code(dispatcher.dispatch(caller(), "room:say", bad)) == "rate_limited"
    counting.wait = None
    assert await code(dispatcher.dispatch(caller(), "room:say", bad)) == "invalid_payload"
    assert await code(dispatcher.dispatch(caller(), "room:say", [{"text": "x" * 11}])) == "invalid_payload"
    assert room.handled == []
    assert await dispatcher.dispatch(caller(), "room:say", [{"text": "x"}]) == {"ok": True, "data": Said(text="x")}
    assert await dispatcher.dispatch(guest(), "room:look", []) == {"ok": True, "data": None}
    assert await dispatcher.dispatch(guest(), "room:look", [None]) == {"ok": True, "data": None}
    assert room.handled == ["u:user1"]
    assert counting.outcomes == [
        ("unknown", "unknown_event"),
        ("room:say", "unauthorized"),
        ("room:rule", "forbidden"),
        ("room:say", "rate_limited"),
        ("room:say", "invalid_payload"),
        ("room:say", "invalid_payload"),
        ("room:say", "ok"),
        ("room:look", "ok"),
        ("room:look", "ok"),
    ]


def test_the_codes_are_those_of_the_contract() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DomainError)]
    assert {kind.code for kind in kinds} == CODES


@pytest.mark.parametrize("kind", DomainError.__subclasses__())
async def test_a_domain_error_is_told_with_its_code_and_message(kind: type[DomainError]) -> None:
    dispatcher, _, counting = setting(raising(kind("Not like that.", retry_after=0.1234501)))
    with captured_logs() as lines:
        ack = await dispatcher.dispatch(caller(), "room:say", [{"text": "x"}])
    assert ack["error"]["code"] == kind.code
    assert ack["error"]["message"] == "Not like that."
    assert 0.1234501 <= ack["error"]["retryAfter"] < 0.125, "whoever comes back then must not come too early"
    assert "ref" not in ack["error"]
    assert counting.outcomes == [("room:say", kind.code)]
    forbidden = [("user1", "room:say", "Not like that.")] if kind is Forbidden else []
    assert [(line["user"], line["target"], line["outcome"]) for line in lines] == forbidden, "no other error is logged"


async def test_a_fault_of_ours_is_in_the_log_once_and_nothing_of_it_in_the_ack() -> None:
    dispatcher, _, counting = setting(raising(ZeroDivisionError("the hidden reason")))
    with captured_logs() as lines:
        ack = await dispatcher.dispatch(caller(), "room:say", [{"text": "x"}])
    error = ack["error"]
    assert (error["code"], set(error)) == ("internal", {"code", "message", "ref"})
    assert "hidden" not in str(ack)
    assert "Zero" not in str(ack)
    found = [line for line in lines if line.get("ref") == error["ref"]]
    assert len(found) == len(lines) == 1
    assert "ZeroDivisionError: the hidden reason" in found[0]["exception"]
    assert "in say" in found[0]["exception"]
    assert counting.outcomes == [("room:say", "internal")]
    refs = {(await dispatcher.dispatch(caller(), "room:say", [{"text": "x"}]))["error"]["ref"] for _ in range(3)}
    assert len(refs | {error["ref"]}) == 4


@pytest.mark.parametrize("where", ["handler", "limiter"])
async def test_a_redis_that_is_away_is_unavailable(where: str) -> None:
    away = RedisConnectionError("redis://secret@host refused")
    dispatcher, _, counting = setting(raising(away) if where == "handler" else lambda: None)
    counting.fails = away if where == "limiter" else None
    ack = await dispatcher.dispatch(caller(), "room:say", [{"text": "x"}])
    assert ack["error"]["code"] == "unavailable"
    assert ack["error"]["retryAfter"] > 0
    assert "secret" not in str(ack)


async def test_a_mistake_of_ours_in_redis_is_no_outage() -> None:
    dispatcher, _, _ = setting(raising(ResponseError("WRONGTYPE Operation against a key of another kind")))
    ack = await dispatcher.dispatch(caller(), "room:say", [{"text": "x"}])
    assert ack["error"]["code"] == "internal"
    assert ack["error"]["ref"]


@pytest.mark.parametrize("name", [*sorted(RESERVED), "shout", ""])
def test_a_reserved_or_formless_name_cannot_be_declared(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a client event"):
        event(name, roles=ANYONE, rate=PLENTY)


def test_the_reserved_names_are_those_of_the_protocol() -> None:
    # socket.io-client 4 lists them as RESERVED_EVENTS.
    assert {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} == RESERVED


def test_two_handlers_of_a_name_are_refused() -> None:
    counting = Counting()
    with pytest.raises(ValueError, match="two handlers for room:"):
        Dispatcher([Room(), Room()], limiter=counting, metrics=counting)


def test_every_event_of_the_house_declares_roles_and_rate() -> None:
    seen = 0
    for path in sorted((ROOT / "src").glob("*/gateway.py")):
        if path.parent.name == "kit":
            continue
        for call in (node for node in ast.walk(ast.parse(Path(path).read_text())) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == "event":
                seen += 1
                assert {keyword.arg for keyword in call.keywords} == {"roles", "rate"}
    assert seen > 10


async def test_the_registry_tells_the_contract_what_was_declared() -> None:
    dispatcher, _, _ = setting()
    spec = dispatcher.specs["room:say"]
    assert (spec.payload, spec.reply, spec.roles, spec.rate) == (Say, Said, SIGNED_IN, PLENTY)
    assert spec.description == "Say something."
    assert dispatcher.specs["room:look"].payload is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12) | st.just("text"), inner, max_size=4)
    ),
    max_leaves=12,
)
names = json_values | st.sampled_from(["room:say", "room:look", "room:rule", *sorted(RESERVED), "__proto__", "specs"])
callers = st.sampled_from([guest(), caller(), caller(Role.ADMIN), caller(Role.FEED)])


@given(callers, names, st.lists(json_values, max_size=3))
async def test_anything_at_all_is_answered_with_one_of_the_two_acks(
    session: Session, name: Any, args: list[Any]
) -> None:
    dispatcher, _, counting = setting()
    ack = await dispatcher.dispatch(session, name, args)
    assert len(counting.outcomes) == 1
    read = msgspec.json.decode(encode_event(ack))
    if ack["ok"] is True:
        assert set(ack) == {"ok", "data"}
    else:
        assert set(read) == {"ok", "error"}
        assert read["error"]["code"] in CODES - {"internal"}
        assert set(read["error"]) <= {"code", "message", "retryAfter", "ref"}


async def test_input_nested_beyond_reason_is_an_invalid_payload() -> None:
    dispatcher, _, _ = setting()
    deep: Any = "x"
    for _ in range(200_000):
        deep = [deep]
    try:
        assert await code(dispatcher.dispatch(caller(), "room:say", [{"text": deep}])) == "invalid_payload"
    finally:
        while isinstance(deep, list):  # taken apart by hand: collecting it recurses too
            deep = deep.pop()
