"""Lists of matches: what they are narrowed by, their orders and pages, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from kit.clock import SystemClock
from kit.contracts import Instant
from kit.db import Database
from kit.errors import InvalidPayload
from kit.ids import UlidGenerator
from matches.contracts import EditMatch, ListMatches
from matches.listing import search_of
from matches.service import MatchService
from matches.storage.finding import MAX_WORDS, place_of, words_of
from matches.storage.repository import MatchRepository
from scoring.model import CreateMatch, NewCompetition
from tests.support.matches_world import NoRooms
from tests.support.samples import event, new_match, new_service

DAY = 1_795_219_200_000  # 2026-11-21T00:00:00Z
HOUR = 3_600_000


@pytest.fixture
def matches(database: Database) -> MatchService:
    clock = SystemClock()
    return new_service(database, NoRooms(), clock, UlidGenerator(clock))


def planned(at: int, *, league: str = "League", home: str = "Reds", away: str = "Blues", **more: Any) -> CreateMatch:
    new = new_match(**more)
    first, second = new.competitors
    return msgspec.structs.replace(
        new,
        scheduled_at=Instant(at),
        competition=NewCompetition(id=league.lower(), name=league),
        competitors=[msgspec.structs.replace(first, name=home), msgspec.structs.replace(second, name=away)],
    )


async def made(matches: MatchService, at: int, *kinds: str, **more: Any) -> str:
    match, _ = await matches.create(planned(at, **more))
    if kinds:
        await matches.ingest(match.id, [event(str(n), kind, 1, order=str(n)) for n, kind in enumerate(kinds)])
    return match.id


async def found(matches: MatchService, **query: Any) -> list[str]:
    """The ids of all pages, read one match at a time."""
    ids: list[str] = []
    before = None
    while True:
        page = await matches.page(ListMatches(limit=1, before=before, **query))
        ids += [match.id for match in page.items]
        before = page.next
        if before is None:
            assert len(set(ids)) == len(ids)
            return ids


async def test_live_first_then_to_come_then_past(matches: MatchService) -> None:
    past = await made(matches, DAY, "period_start", "match_end")
    later = await made(matches, DAY + 9 * HOUR)
    live = await made(matches, DAY + HOUR, "period_start")
    long_past = await made(matches, DAY - HOUR, "period_start", "match_end")
    soon = await made(matches, DAY + 8 * HOUR)
    early = await made(matches, DAY, "period_start")
    off = await made(matches, DAY + 10 * HOUR)
    await matches.edit(off, EditMatch(status="cancelled"))
    assert await found(matches) == [early, live, soon, later, off, past, long_past]
    by_time = [long_past, *sorted([past, early]), live, soon, later, off]
    assert await found(matches, order="soonest") == by_time
    assert await found(matches, order="latest") == by_time[::-1]


async def test_a_match_that_begins_moves_to_the_front(matches: MatchService) -> None:
    first, second = await made(matches, DAY), await made(matches, DAY + HOUR)
    assert await found(matches) == [first, second]
    await matches.ingest(second, [event("a", "period_start", 1)])
    assert await found(matches) == [second, first]
    await matches.ingest(second, [event("z", "match_end", 1)])
    assert await found(matches) == [first, second]
    await matches.edit(first, EditMatch(scheduled_at=Instant(DAY + 5 * HOUR)))
    assert await found(matches, order="soonest") == [second, first]


async def test_every_filter_narrows(matches: MatchService) -> None:
    cricket = await made(matches, DAY - 1, sport="cricket", league="Ashes")
    live = await made(matches, DAY, "period_start", home="Atlético", venue="Gëlb Park")
    over = await made(matches, DAY + 24 * HOUR - 1, "match_end", league="Cup")
    tomorrow = await made(matches, DAY + 24 * HOUR, away="Real Oviedo")
    assert await found(matches, sport="cricket") == [cricket]
    assert await found(matches, status=["live"]) == [live]
    assert await found(matches, status=["ended", "live"]) == [live, over]
    assert await found(matches, competition="cup") == [over]
    assert await found(matches, date="2026-11-21") == [live, over]
    assert await found(matches, from_=Instant(DAY + 1)) == [tomorrow, over]
    assert await found(matches, to=Instant(DAY)) == [cricket]
    assert await found(matches, from_=Instant(DAY), to=Instant(DAY + 1)) == [live]
    for words, ids in {
        "atletico": [live], "ATLÉ": [live], "park gel": [live], "oviedo": [tomorrow], "real ovi": [tomorrow],
        "ashes": [cricket], "ark": [], "real atletico": [], "100%": [], "_": [live, cricket, tomorrow, over],
    }.items():  # fmt: skip
        assert await found(matches, text=words) == ids, words
    assert await found(matches, sport="football", text="league", date="2026-11-22") == [tomorrow]


async def test_a_match_is_found_by_its_new_venue(matches: MatchService) -> None:
    match_id = await made(matches, DAY, venue="Old Ground")
    await matches.edit(match_id, EditMatch(venue="New Arena"))
    assert (await found(matches, text="arena"), await found(matches, text="ground")) == ([match_id], [])
    await matches.edit(match_id, EditMatch(venue=""))
    assert (await found(matches, text="arena"), await found(matches, text="reds")) == ([], [match_id])


@pytest.mark.parametrize(
    "query",
    [
        {"date": "2026-02-30"}, {"date": "9999-12-31"}, {"date": "2026-11-21", "to": Instant(DAY)},
        {"before": "nonsense"}, {"before": "live-x-1"}, {"before": "soonest-1-01J"}, {"before": "live-1-"},
        {"before": "live-99999999999999999-1"},
    ],
)  # fmt: skip
async def test_what_cannot_be_asked(query: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        search_of(ListMatches(**query))


def test_places() -> None:
    assert place_of("live", 9) < place_of("scheduled", 0) < place_of("delayed", 1)
    assert place_of("scheduled", 253_402_300_799_999) < place_of("ended", 253_402_300_799_999) < place_of("ended", 0)


def test_words() -> None:
    assert words_of(["FC Zürich-Nord", None, "zurich 1. FC", "東京"]) == ["fc", "zurich", "nord", "1", "東京"]
    assert len(words_of([" ".join(map(str, range(100)))])) == 100 > MAX_WORDS


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({}, "ix_matches_place"),
        ({"before": f"live-{DAY}-01J"}, "ix_matches_place"),
        ({"sport": "football"}, "ix_matches_sport_place"),
        ({"status": ["live"]}, "ix_matches_status_place"),
        ({"competition": "league"}, "ix_matches_competition_place"),
        ({"order": "soonest", "from_": Instant(DAY)}, "ix_matches_scheduled"),
        ({"order": "latest", "date": "2026-11-21"}, "ix_matches_scheduled"),
        ({"text": "red"}, "match_words"),
        ({"made_by": "olga"}, "ix_matches_creator_place"),
    ],
)
async def test_an_index_serves_each_question(matches: MatchService, database: Database, query: Any, index: str) -> None:
    await made(matches, DAY)
    plan: list[str] = []
    async with database.read() as tx:
        filters = {name: value for name, value in query.items() if name != "made_by"}
        asked = MatchRepository(tx).page_query(search_of(ListMatches(**filters), query.get("made_by"))).limit(51)
        if database.dialect == "postgresql":
            # So small a table would be read from end to end, whatever its indexes.
            for way in ("seqscan", "bitmapscan"):
                await tx.session.execute(text(f"SET LOCAL enable_{way} = off"))
        bind = tx.session.get_bind()
        sql = asked.compile(bind, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
        plan = [
            " ".join(map(str, row)) for row in await tx.session.execute(text(explain + str(sql).replace(":", "\\:")))
        ]
    said = "\n".join(plan)
    assert index in said, said
    if "text" not in query:
        assert "Sort" not in said, said
        assert "TEMP B-TREE" not in said, said
