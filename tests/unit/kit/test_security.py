"""The stream of security lines: one for each refusal, and no flood of the same."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

from kit import security
from kit.errors import Forbidden
from kit.gateway import Dispatcher, Gateway, event
from kit.rate_limits import Rate
from kit.session import ANYONE, Role
from tests.support.doubles import caller


def test_the_same_again_is_counted_and_one_line_a_minute() -> None:
    now = 1000.0
    repeats = security.Repeats(lambda: now)
    assert [repeats.due(("a",)) for _ in range(4)] == [0, None, None, None]
    assert repeats.due(("b",)) == 0
    now += 60
    assert [repeats.due(("a",)) for _ in range(2)] == [3, None]


def test_what_is_remembered_is_bounded() -> None:
    repeats = security.Repeats(lambda: 0.0)
    for n in range(5_000):
        assert repeats.due((str(n),)) == 0
    assert len(repeats._seen) <= 1_024
    assert repeats.due(("4999",)) is None


class Unlimited:
    async def hit(self, *_: Any) -> None: ...

    def handled(self, *_: Any) -> None: ...


class Door(Gateway):
    @event("test:admin", roles={Role.ADMIN}, rate=Rate(9, per=9))
    async def admin(self, _: Any) -> None: ...

    @event("test:mine", roles=ANYONE, rate=Rate(9, per=9))
    async def mine(self, _: Any) -> None:
        raise Forbidden("This is not yours.")


async def test_every_forbidden_event_is_a_line() -> None:
    dispatcher = Dispatcher([Door()], limiter=Unlimited(), metrics=Unlimited())  # type: ignore[arg-type]
    session = caller(Role.LISTENER, "ann")
    with capture_logs(processors=[security.Repeats(lambda: 0.0)]) as lines:
        for name in ("test:admin", "test:mine", "test:mine"):
            assert (await dispatcher.dispatch(session, name, []))["error"]["code"] == "forbidden"
    assert [(line["event"], line["target"], line["user"], line["address"]) for line in lines] == [
        ("forbidden", "test:admin", "ann", "192.0.2.1"), ("forbidden", "test:mine", "ann", "192.0.2.1"),
    ]  # fmt: skip
    assert lines[1]["outcome"] == "This is not yours."
