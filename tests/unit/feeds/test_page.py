"""A page's texts in our words, and in words for whoever chose the selectors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, get_args

import httpx
import pytest

from feeds.adapter import Batch, Raw
from feeds.contracts import ProviderName
from feeds.crawling import PAUSE_S, Crawler
from feeds.outbound import Outbound, new_client
from feeds.providers.page import PROVIDER, Page, read_statuses
from feeds.providers.provider import Access
from feeds.providers.registry import PROVIDERS
from kit.errors import InvalidPayload
from kit.outbound import Guard
from scoring.model import EventOp, Sport
from tests.support.doubles import ManualClock
from tests.support.feed_fixtures import target
from tests.support.standin import Reply, StandIn

GUARD = Guard(allow_private=True)
OPTIONS = {
    "home": ".home", "away": ".away", "status": ".state",
    "statuses": "= scheduled; 1st half = live 1; HT = break 1; 2nd half = live 2; FT = ended; pens = live 5; "
                "off = postponed",
}  # fmt: skip
PERIODS = {"homePeriods": ".h", "awayPeriods": ".a"}


def board(home: object, away: object, state: str, *periods: tuple[object, object]) -> bytes:
    cells = "".join(f"<td class=h>{one}<td class=a>{two}" for one, two in periods)
    page = f"<h1>Reds v Blues</h1><b class=home>{home}</b><b class=away>{away}</b><table><tr>{cells}</table>"
    return f"<!doctype html><meta charset=utf-8>{page}<p class=state>{state}".encode()


class World:
    def __init__(self, server: StandIn, http: httpx.AsyncClient) -> None:
        self.server, self.clock = server, ManualClock()
        self.access = Access(
            outbound=Outbound(http, GUARD, server.url, clock=self.clock),
            crawler=Crawler(self.clock),  # type: ignore[arg-type]
        )

    def page(self, sport: Sport = "football", **options: str) -> Page:
        return Page(target(sport, **{**OPTIONS, **options}), self.access)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with StandIn().serving() as server, new_client(GUARD) as http:
        yield World(server, http)


Reader = Callable[..., Batch]


@pytest.fixture
def read(world: World) -> Reader:
    def reader(
        body: bytes, sport: Sport = "football", known: dict[str, EventOp] | None = None, **options: str
    ) -> Batch:
        return world.page(sport, **options).normalise(Raw(kind="snapshot", body=body), known or {})

    return reader


def told(batch: Batch) -> dict[str, Any]:
    return {op.event_id: op.detail.get("scores", op.detail.get("status", op.op)) for op in batch.ops}


def test_the_registry_and_the_contract_name_the_same_providers() -> None:
    assert set(PROVIDERS) == set(get_args(ProviderName))
    assert all(name == one.name for name, one in PROVIDERS.items())


def test_a_match_from_its_first_minute_to_its_last(read: Reader) -> None:
    known: dict[str, EventOp] = {}
    seen = []
    for home, away, state in (
        ("", "", ""), ("0", "0", "1st half"), ("1", "0", "1ST  HALF"), ("1", "0", "HT"), ("1", "2", "2nd half"),
        ("2", "2", "FT"),
    ):  # fmt: skip
        batch = read(board(home, away, state), known=known)
        known |= {op.event_id: op for op in batch.ops if op.op != "delete"}
        seen.append((batch.stated, {name: score for name, score in told(batch).items() if name.startswith("score")}))
    assert seen == [
        (None, {}),
        ({"red": 0, "blue": 0}, {"score-1": {"red": 0, "blue": 0}}),
        ({"red": 1, "blue": 0}, {"score-1": {"red": 1, "blue": 0}}),
        ({"red": 1, "blue": 0}, {"score-1": {"red": 1, "blue": 0}}),
        ({"red": 1, "blue": 2}, {"score-1": {"red": 1, "blue": 0}, "score-2": {"red": 0, "blue": 2}}),
        ({"red": 2, "blue": 2}, {"score-1": {"red": 1, "blue": 0}, "score-2": {"red": 1, "blue": 2}}),
    ]
    assert known["match-end"].stated == {"red": 2, "blue": 2}
    assert told(batch)["period-2-end"] == "add"


def test_periods_that_a_page_shows_are_its_own(read: Reader) -> None:
    quarters = read(board(45, 50, "3rd", (20, 22), (21, 20), (4, 5), ("", "")), "basketball",
                    statuses="3rd = live", **PERIODS)  # fmt: skip
    scores = told(quarters)
    assert [scores[f"score-{number}"] for number in (1, 2, 3)] == [
        {"red": 20, "blue": 22}, {"red": 21, "blue": 20}, {"red": 4, "blue": 8},
    ]  # fmt: skip
    assert "score-4" not in scores
    assert scores["period-3-start"] == "add"


def test_a_shoot_out_is_no_part_of_the_score(read: Reader) -> None:
    scores = told(read(board(1, 1, "pens", (0, 1), (1, 0), (0, 0), (0, 0), (3, 2)), **PERIODS))
    assert (scores["score-5"], scores["score-4"]) == ({"red": 3, "blue": 2}, {"red": 0, "blue": 0})
    assert told(read(board(1, 1, "pens")))["score-4"] == {"red": 1, "blue": 1}


def test_tennis_is_read_set_by_set(read: Reader) -> None:
    batch = read(board(1, 0, "Set 2", (6, 4), (3, 2)), "tennis", statuses="Set 2 = live 2", **PERIODS)
    assert told(batch)["score-2"] == {"red": 3, "blue": 2}
    with pytest.raises(InvalidPayload, match="set by set"):
        read(board(1, 0, "Set 2"), "tennis")


def test_what_is_not_played_and_what_nobody_knows(read: Reader) -> None:
    assert told(read(board("", "", "off"))) == {"status": "postponed"}
    unknown = read(board(1, 0, "Pitch invasion"))
    assert (unknown.ops, unknown.skipped) == ([], {"status:Pitch invasion": 1})


def test_both_scores_in_one_element(read: Reader) -> None:
    page = board("", "", "HT").replace(b"<h1>", b"<h1 class=line>3 - 1 (HT) ")
    batch = read(page, home=".line", homePattern="^([0-9]+)", away=".line", awayPattern="- ([0-9]+)")
    assert batch.stated == {"red": 3, "blue": 1}
    assert read(page, status=".line", statusPattern=r"\((\w+)\)", home=".line", homePattern="[0-9]+").skipped == {}


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        (board(1, 0, "HT"), {"home": ".nobody"}, "home: '.nobody' finds nothing on the page; it must find one."),
        (board(1, 0, "HT"), {"away": "b"}, "away: 'b' finds 2 elements on the page"),
        (board(1, 0, "HT"), {"status": ".clock"}, "status: '.clock' finds nothing"),
        (board("1 goal", 0, "HT"), {}, "home: '1 goal' is no number"),
        (board("12345", 0, "HT"), {}, "no number of up to four digits"),
        (board("٣", 0, "HT"), {}, "no number"),
        (board(1, 0, "HT"), {"homePattern": "x([0-9])"}, "home: the pattern does not match '1'"),
        (board(1, 0, "x" * 81), {}, "status: '.state' finds more than 80 characters"),
        (
            board(1, 0, "HT", (1, 0)),
            {"homePeriods": ".h", "awayPeriods": ".x"},
            "homePeriods finds 1 elements and awayP",
        ),
        (board(1, 0, "HT", (1, 0), (1, 0)), PERIODS, "more than the score of 1"),
        (board(1, 0, "HT", *[(0, 0)] * 21), PERIODS, "at most 20"),
        (b"", {}, "empty"),
        (b"<div>" * 20_000, {}, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(read: Reader, body: bytes, options: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidPayload) as caught:
        read(body, **options)
    assert words in caught.value.message
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"home": "a["}, "home: 'a['"), ({"statusPattern": "(a+)+"}, "statusPattern: "), ({"path": "a#b"}, "path: "),
        ({"path": "a b"}, "path: "), ({"path": "\\x"}, "path: "), ({"path": "x" * 501}, "path: "),
        ({"homePeriods": ".h"}, "go together"), ({"statuses": "FT"}, "'FT' is not"), ({"statuses": ";"}, "none"),
        ({"statuses": "FT = over"}, "the statuses are"), ({"statuses": "a = live; A = ended"}, "once for each"),
        ({"statuses": "a = live 0"}, "is not"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused_before_anything_is_asked(options: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidPayload) as caught:
        PROVIDER.check_options({**OPTIONS, **options}, "football")
    assert words in caught.value.message


def test_statuses_are_read_whatever_their_case() -> None:
    assert read_statuses(" a=b =  live  2 ;\tHalf  TIME=break;") == {"a=b": ("live", 2), "half time": ("break", None)}


async def test_a_page_over_http(world: World) -> None:
    latin = board(1, 0, "HT").replace(b"charset=utf-8", b"charset=latin1").replace(b"Reds", "Köln".encode("latin-1"))
    stamps = {"ETag": '"1"', "Content-Type": "text/html"}
    world.server.scripts["/live/42"] = [Reply(latin, headers=stamps), Reply(status=304)]
    page = world.page(path="/live/42?lang=en&x=%20")
    raw = await page.fetch_snapshot()
    assert raw is not None
    assert "Köln" in raw.body.decode()
    assert page.normalise(raw, {}).stated == {"red": 1, "blue": 0}
    page.accepted(raw)
    world.clock.forward(PAUSE_S)
    assert await page.fetch_snapshot() is None
    assert [(asked.path, asked.query) for asked in world.server.asked] == [
        ("/robots.txt", ""), ("/live/42", "lang=en&x=%20"), ("/live/42", "lang=en&x=%20"),
    ]  # fmt: skip
    assert world.server.asked[1].headers["accept"].startswith("text/html")
