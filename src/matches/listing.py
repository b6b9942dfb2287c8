"""What a list of matches is ordered and found by: its places, its words, its cursors. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from kit.contracts import Instant
from kit.errors import InvalidPayload
from matches.contracts import ListMatches, Order
from scoring.model import CreateMatch, NewCompetition, NewCompetitor

IN_PLAY = frozenset({"live", "break", "interrupted", "suspended"})
UPCOMING = frozenset({"scheduled", "delayed"})
DONE = frozenset({"ended", "closed", "cancelled", "abandoned"})

_GROUP = 10**15
"""Above every moment in Unix milliseconds that the wire can say."""

MAX_WORDS = 60
"""Words that one match is found by; two long names, a competition and a venue have some twenty."""

MAX_WORD = 40
"""Characters of a word that count."""

_MAX_SOUGHT = 8
"""Words of one question: each is a look-up of its own."""

_DAY = timedelta(days=1)


def place_of(status: str, scheduled_ms: int) -> int:
    """The place in a list that has live matches first, then those to come (soonest first), then the others (latest)."""
    if status in IN_PLAY:
        return scheduled_ms
    return _GROUP + scheduled_ms if status in UPCOMING else 3 * _GROUP - scheduled_ms


def words_of(texts: Iterable[str | None]) -> list[str]:
    """The words of some texts, each once, without accents and in lower case: `Méxicô City` is `mexico`, `city`."""
    found: dict[str, None] = {}
    for text in texts:
        plain = "".join(c for c in unicodedata.normalize("NFKD", text or "") if not unicodedata.combining(c))
        found.update(dict.fromkeys(word[:MAX_WORD] for word in re.findall(r"[^\W_]+", plain.casefold())))
    return list(found)


def words_of_match(competition: NewCompetition, competitors: Iterable[NewCompetitor], venue: str | None) -> list[str]:
    """What a match is found by: teams and their abbreviations, competition, venue."""
    texts: list[str | None] = [competition.name, competition.season, competition.stage, competition.round]
    teams = [text for one in competitors for text in (one.name, one.abbreviation)]
    return words_of([*teams, venue, *texts])[:MAX_WORDS]


def words_of_new(new: CreateMatch) -> list[str]:
    """The same, of a match that is made."""
    return words_of_match(new.competition, new.competitors, new.venue)


class After(NamedTuple):
    """The last match of the page before: what it was ordered by, and its id."""

    value: int
    match_id: str


class Search(NamedTuple):
    """A question for matches, as the database understands it. Times in Unix ms: from the first, before the second."""

    sport: str | None
    statuses: list[str]
    competition: str | None
    from_ms: int | None
    to_ms: int | None
    words: list[str]
    order: Order
    after: After | None
    made_by: str | None = None


def search_of(query: ListMatches, made_by: str | None = None) -> Search:
    """Read a question, if given only for what this user made.

    Raises:
        InvalidPayload: The date is none, or the cursor is of another order.
    """
    from_ms, to_ms = _span(query)
    return Search(
        sport=query.sport,
        statuses=list(dict.fromkeys(query.status or [])),
        competition=query.competition,
        from_ms=from_ms,
        to_ms=to_ms,
        words=words_of([query.text])[:_MAX_SOUGHT],
        order=query.order,
        after=_after(query),
        made_by=made_by,
    )


def cursor_of(order: Order, value: int, match_id: str) -> str:
    """The cursor of the page after this match."""
    return f"{order}-{value}-{match_id}"


def _after(query: ListMatches) -> After | None:
    if query.before is None:
        return None
    order, _, rest = query.before.partition("-")
    value, _, match_id = rest.partition("-")
    if order != query.order or not re.fullmatch(r"[0-9]{1,16}", value) or not match_id:
        raise InvalidPayload("`before` is not a cursor of this list in this order.")
    return After(int(value), match_id)


def _span(query: ListMatches) -> tuple[int | None, int | None]:
    if query.date is None:
        return (_ms(query.from_), _ms(query.to))
    if query.from_ is not None or query.to is not None:
        raise InvalidPayload("Give either `date` or `from` and `to`.")
    try:
        day = datetime.strptime(query.date, "%Y-%m-%d").replace(tzinfo=UTC)
        start, end = day.timestamp(), (day + _DAY).timestamp()
    except (ValueError, OverflowError):
        raise InvalidPayload(f"{query.date!r} is not a day.") from None
    return (round(start * 1000), round(end * 1000))


def _ms(moment: Instant | None) -> int | None:
    return moment.ms if moment is not None else None
