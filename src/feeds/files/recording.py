"""What the readers of match files share: matches as files have them, names, dates, and football's words.

Their readers and the simulation write `FileMatch`es, and `feeds.replay` plays them. Nothing here asks anybody.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import NamedTuple

from kit.contracts import Instant
from kit.errors import InvalidPayload
from kit.text import characters, words
from scoring.model import CreateMatch, EventOp, Qualifier

QUALIFIERS: tuple[Qualifier, Qualifier] = ("home", "away")
FOOTBALL_STARTS = {
    1: "Kick-off", 2: "The second half begins", 3: "Extra time begins", 4: "The second half of extra time begins",
    5: "The shoot-out begins",
}  # fmt: skip
FOOTBALL_ENDS = {
    1: "Half-time", 2: "End of normal time", 3: "Half-time in extra time", 4: "End of extra time",
    5: "The shoot-out is over",
}  # fmt: skip
"""What is said when a period of football begins and ends, by its number."""


class FileMatch(NamedTuple):
    """One match of a file: what creates it, and its events in the order in which they happened."""

    create: CreateMatch
    ops: list[EventOp]


def slug(name: str) -> str:
    """A name as an id: `New Zealand` is `new-zealand`; a name without Latin letters stays as it is."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or name


_CLUB = frozenset({"fc", "afc", "sc", "cf", "ac", "as", "sv", "cd", "fk", "фк", "نادي"})


def abbreviate(name: str, *, initials: bool = False) -> str:
    """A team's short form where the file has none, in any script; pages have the same rule (`features/text.ts`).

    Args:
        name: As the file has it.
        initials: Whether several words are their initials, as cricket has them: `New Zealand` is `NZ`, not `NEW`.

    Returns:
        Three characters of the telling word (`FC Vale` is `VAL`, `上海海港` is `上海海`), or up to four initials.
    """
    parts = words(name)
    if initials:
        firsts = [first for word in parts if (first := _initial(word))]
        if len(firsts) > 1:
            return "".join(firsts[:4])
    telling = next((word for word in parts if len(word) > 2 and "".join(word).lower() not in _CLUB), None)
    short = "".join((telling or [one for word in parts for one in word])[:3])
    return (_plain_latin(short) if short else "".join(characters(name.strip())[:2])).upper()


def _initial(word: list[str]) -> str | None:
    """Its first capital, as `I` of `d'Ivoire`; a script without capitals has its first character."""
    if not any(one.lower() != one.upper() for one in word):
        return word[0]
    return next((_plain_latin(one) for one in word if one != one.lower()), None)


def _plain_latin(text: str) -> str:
    """Latin letters without their marks, as scoreboards have them; in other scripts marks change the letter."""
    plain: list[str] = []
    for one in text:
        parts = unicodedata.normalize("NFKD", one)
        plain.append(re.sub(r"[\u0300-\u036f]", "", parts) if parts[0].isascii() else one)
    return "".join(plain)


def parse_day(text: str) -> datetime:
    """A date as `2019-07-14`, at midnight UTC; raises `InvalidPayload`."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidPayload(f"{text!r} is not a date.") from None


def instant(moment: datetime) -> Instant:
    """An aware datetime as a moment."""
    return Instant(round(moment.timestamp() * 1000))
