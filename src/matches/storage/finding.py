"""What a list of matches is ordered and found by: places and words, kept with each match, and what is asked of them.

`matches.writer` keeps them up to date, `matches.listing` makes questions of them. Pure: nothing here reads the
database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple

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
    """The words that a match is found by: of its teams and their abbreviations, competition and venue.

    Args:
        competition: With its season, stage and round.
        competitors: Both.
        venue: None where it is not known.
    """
    texts: list[str | None] = [competition.name, competition.season, competition.stage, competition.round]
    teams = [text for one in competitors for text in (one.name, one.abbreviation)]
    return words_of([*teams, venue, *texts])[:MAX_WORDS]


def words_of_new(new: CreateMatch) -> list[str]:
    """The words that a new match is found by."""
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
    order: Literal["live", "soonest", "latest"]
    after: After | None
    made_by: str | None = None
