"""Two people who enter the same within seconds: the second is asked, and nothing is lost. On both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kit.db import Database
from kit.errors import Forbidden, NotFound, Unauthorized
from kit.ids import UlidGenerator
from kit.rate_limits import RateLimiter
from kit.redis import RedisStore
from kit.session import Role, Session
from matches.api.authorization import MatchAuthorization
from matches.contracts import CorrectEvent
from scoring.model import IngestItem
from tests.integration.matches.test_matches import MATCH, http
from tests.live import Gateway
from tests.support.doubles import ListAudit, caller, guest
from tests.support.matches_world import NOW, Hands, NoRooms
from tests.support.samples import new_match, new_service

pytestmark = pytest.mark.usefixtures("equivalent")

ANNA, BEN, OTTO = caller(Role.OWNER, "anna"), caller(Role.ADMIN, "ben"), caller(Role.OWNER, "otto")
FEED = caller(Role.FEED, "fred")


@pytest.fixture
def desk(database: Database, redis: RedisStore) -> MatchAuthorization:
    clock = Hands()
    matches = new_service(database, NoRooms(), clock, UlidGenerator(clock))
    return MatchAuthorization(matches, rate_limiter=RateLimiter(redis.client), audit=ListAudit())


def entry(event_id: str, at: int = 0, **more: Any) -> dict[str, Any]:
    """A goal for red, pressed `at` ms after the start."""
    return {
        "provider": "hand", "eventId": event_id, "type": "goal", "period": 1, "orderKey": event_id,
        "occurredAt": NOW + at, "competitorId": "red", **more,
    }  # fmt: skip


async def made(desk: MatchAuthorization, sport: str = "football") -> str:
    return (await desk.create(ANNA, new_match(sport)))[0].id


async def enter(desk: MatchAuthorization, who: Session, match_id: str, *ops: dict[str, Any]) -> list[IngestItem]:
    return (await desk.ingest(who, match_id, ops)).items


def results(items: list[IngestItem]) -> list[str]:
    return ["asked" if item.same_as is not None else item.result for item in items]


async def score(desk: MatchAuthorization, match_id: str) -> int:
    return (await desk._matches.get(match_id)).competitors[0].score


async def test_the_second_is_asked_and_says_that_it_is_another(desk: MatchAuthorization) -> None:
    match_id = await made(desk)
    assert results(await enter(desk, ANNA, match_id, entry("a"))) == ["applied"]
    card = entry("card", 4_000, type="card", detail={"card": "yellow"})
    (asked, other) = await enter(desk, BEN, match_id, entry("b", 4_000), card)
    assert (asked.result, other.result) == ("rejected", "applied"), "what is beside the question is stored"
    assert asked.same_as is not None
    assert (asked.same_as.event_id, asked.same_as.occurred_at.ms) == ("a", NOW)
    assert (asked.same_as.entered_by.id, asked.same_as.entered_by.display_name) == ("anna", "Anna")
    assert "Anna" in (asked.error or "")
    assert await score(desk, match_id) == 1
    assert results(await enter(desk, BEN, match_id, entry("b", 4_000))) == ["asked"], "it stays a question"
    assert results(await enter(desk, BEN, match_id, entry("b", 4_000, another=True))) == ["applied"]
    assert await score(desk, match_id) == 2
    # Whose answer was lost sends it again, with the answer or without.
    assert results(await enter(desk, BEN, match_id, entry("b", 4_000, another=True))) == ["duplicate"]
    assert results(await enter(desk, BEN, match_id, entry("b", 4_000))) == ["duplicate"]
    assert results(await enter(desk, ANNA, match_id, entry("a"))) == ["duplicate"]


@pytest.mark.parametrize(
    "other",
    [
        entry("b", 20_001),
        entry("b", -20_001),
        entry("b", competitorId="blue"),
        entry("b", period=2),
        entry("b", type="corner"),
        entry("b", type="commentary", commentary=[{"text": "A goal!"}]),
    ],
)
async def test_what_is_not_the_same_is_no_question(desk: MatchAuthorization, other: dict[str, Any]) -> None:
    match_id = await made(desk)
    await enter(desk, ANNA, match_id, entry("a"))
    assert results(await enter(desk, BEN, match_id, other)) == ["applied"]


async def test_one_person_and_feeds_are_never_asked(desk: MatchAuthorization) -> None:
    match_id = await made(desk)
    assert results(await enter(desk, ANNA, match_id, entry("a"), entry("b", 10))) == ["applied"] * 2
    assert results(await enter(desk, ANNA, match_id, entry("c", 20))) == ["applied"]
    assert results(await enter(desk, FEED, match_id, entry("d", 30), entry("e", 30, provider="x"))) == ["applied"] * 2
    # Nor is a person because of a feed's telling: whether those are one is another question.
    other = await made(desk)
    await enter(desk, FEED, other, entry("a"), entry("b", provider="x"))
    assert results(await enter(desk, ANNA, other, entry("c"))) == ["applied"]


async def test_what_came_late_is_compared_by_when_it_was_pressed(desk: MatchAuthorization) -> None:
    match_id = await made(desk)
    await enter(desk, ANNA, match_id, entry("a", 2_000))
    await enter(desk, ANNA, match_id, entry("later", 900_000))
    # Ben's phone had no network for a quarter of an hour.
    kept = [entry("b", 0), entry("c", 300_000)]
    assert results(await enter(desk, BEN, match_id, *kept)) == ["asked", "applied"]


async def test_what_was_withdrawn_or_corrected_is_not_the_same_any_more(desk: MatchAuthorization) -> None:
    match_id = await made(desk)
    await enter(desk, ANNA, match_id, entry("a"))
    await desk.withdraw(ANNA, match_id, "a", None, "Entered by mistake")
    assert results(await enter(desk, BEN, match_id, entry("b", 1_000))) == ["applied"]
    await desk.correct(BEN, match_id, "b", None, CorrectEvent(reason="The other side", competitor_id="blue"))
    assert results(await enter(desk, ANNA, match_id, entry("c", 2_000))) == ["applied"]
    assert results(await enter(desk, ANNA, match_id, entry("d", 2_000, competitorId="blue"))) == ["asked"]


async def test_of_two_who_press_at_once_one_is_asked(desk: MatchAuthorization) -> None:
    match_id = await made(desk, "cricket")
    six = {"type": "ball", "detail": {"batterRuns": 6}}
    found = await asyncio.gather(
        enter(desk, ANNA, match_id, entry("a", **six)), enter(desk, BEN, match_id, entry("b", 300, **six))
    )
    assert sorted(results(items)[0] for items in found) == ["applied", "asked"]
    assert await score(desk, match_id) == 6


async def test_who_entered_what_is_for_those_who_may_score(desk: MatchAuthorization) -> None:
    match_id = await made(desk)
    await enter(desk, ANNA, match_id, entry("a"))
    await enter(desk, FEED, match_id, entry("f", provider="x"))
    await enter(desk, BEN, match_id, entry("b", 60_000))
    await desk.correct(BEN, match_id, "a", None, CorrectEvent(reason="Own goal", detail={"ownGoal": True}))
    for who in (ANNA, BEN):
        page = await desk.authored(who, match_id, 0)
        found = [(one.event_id, one.seq, one.entered_by.display_name) for one in page.items]
        assert (found, page.next) == ([("a", 1, "Anna"), ("b", 3, "Ben")], None), "a correction has no new author"
    assert [one.event_id for one in (await desk.authored(ANNA, match_id, 1)).items] == ["b"]
    for stranger in (OTTO, FEED, caller(Role.LISTENER, "lea")):
        with pytest.raises(Forbidden):
            await desk.authored(stranger, match_id, 0)
    with pytest.raises(Unauthorized):
        await desk.authored(guest(), match_id, 0)
    with pytest.raises(NotFound):
        await desk.authored(ANNA, "0" * 26, 0)


async def test_listeners_never_hear_who_entered_it(gateway: Gateway, connect: Callable[..., Any]) -> None:
    owner = await gateway.account(Role.OWNER, "Olga Privately")
    admin = await gateway.account(Role.ADMIN, "Ada Privately")
    listener = await connect(gateway)
    async with http(gateway, owner) as olga, http(gateway, admin) as ada, http(gateway) as nobody:
        own = {name: value for name, value in MATCH.items() if name != "externalIds"}
        match_id = (await olga.post("/api/matches", json=own)).json()["id"]
        url = f"/api/matches/{match_id}"
        await listener.ok("match:join", {"matchId": match_id})
        forged = await olga.post(f"{url}/events", json={**entry("x"), "enteredBy": {"id": "u", "displayName": "Eve"}})
        assert forged.json()["items"][0]["result"] == "rejected", "who enters is the session's word alone"
        first = (await olga.post(f"{url}/events", json=entry("a"))).json()["items"][0]
        second = (await ada.post(f"{url}/events", json=entry("b", 3_000))).json()["items"][0]
        assert first["result"] == "applied"
        assert (second["result"], second["sameAs"]["eventId"]) == ("rejected", "a")
        assert second["sameAs"]["enteredBy"] == {"id": owner.id, "displayName": "Olga Privately"}
        assert (await ada.post(f"{url}/events", json=entry("b", 3_000, another=True))).json()["seq"] == 2
        await listener.hears("match:event", lambda event: event["eventId"] == "b")
        told = listener.all("match:event")
        assert [one["eventId"] for one in told] == ["a", "b"]
        shown = [str(told), *[(await nobody.get(f"{url}{part}")).text for part in ("", "/events", "/snapshot")]]
        for text in shown:
            assert "Privately" not in text
            assert owner.id not in text
        answer = await olga.get(f"{url}/authors")
        assert [one["enteredBy"]["displayName"] for one in answer.json()["items"]] == [
            "Olga Privately",
            "Ada Privately",
        ]
        assert "no-store" in answer.headers["cache-control"]
        assert (await nobody.get(f"{url}/authors")).status_code == 401


async def test_many_entries_are_read_by_the_page(desk: MatchAuthorization, monkeypatch: pytest.MonkeyPatch) -> None:
    match_id = await made(desk)
    monkeypatch.setattr("matches.queries.MAX_BATCH", 2)
    await enter(desk, ANNA, match_id, *[entry(f"e{number}", number) for number in range(3)])
    first = await desk.authored(ANNA, match_id, 0)
    assert ([one.event_id for one in first.items], first.next) == (["e0", "e1"], 2)
    assert [one.event_id for one in (await desk.authored(ANNA, match_id, first.next or 0)).items] == ["e2"]
