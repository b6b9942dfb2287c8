"""People's names and words from outside, as ingest takes them: one line, cut to its bound.

Adapters and file readers call it. A name in which there is nothing to see is left out; it never costs the event.
"""

from __future__ import annotations

from collections.abc import Iterable

from kit.text import one_line, several_lines, visible
from scoring.model import NewCommentary, NewEventPlayer, NewLineupPlayer

MAX_NAME, MAX_PART, MAX_CLOCK, MAX_KEY, MAX_TEXT = 200, 80, 20, 100, 2000
"""Characters of a name, of a stage or a round, of a clock's display, of an id or a role, and of a commentary's line."""

MAX_PLAYERS, MAX_LINEUP = 30, 60
"""Players of one event and of one side, as ingest takes them."""


def name_in(text: str | None) -> str | None:
    """A name in one line, cut where it is too long; None where there is nothing to see in it."""
    name = one_line(text, at_most=MAX_NAME) if text else ""
    return name if visible(name) else None


def part_in(text: str | None) -> str | None:
    """A stage or a round of a competition in one line; None where there is nothing in it."""
    return (one_line(text, at_most=MAX_PART) or None) if text else None


def event_players(people: Iterable[tuple[str | None, str, str | None]]) -> list[NewEventPlayer]:
    """Who takes part in an event, by id, role and name; who has neither an id nor a name is left out."""
    found: list[NewEventPlayer] = []
    for number, role, text in people:
        name = name_in(text)
        key = (number or name or "")[:MAX_KEY]
        if key:
            found.append(NewEventPlayer(id=key, role=role[:MAX_KEY] or "player", name=name))
    return found[:MAX_PLAYERS]


def lineup(people: Iterable[tuple[str, str, str | None, bool]]) -> list[NewLineupPlayer]:
    """A side's players, by id, name, position and whether they begin; who has no name is left out."""
    found: list[NewLineupPlayer] = []
    for number, text, position, starter in people:
        name = name_in(text)
        key = (number or name or "")[:MAX_KEY]
        if name is not None:
            place = one_line(position, at_most=40) if position else None
            found.append(NewLineupPlayer(id=key, name=name, position=place or None, starter=starter))
    return found[:MAX_LINEUP]


def commentary(text: str | None) -> list[NewCommentary]:
    """A line of commentary, or none where there is nothing to see in it."""
    tidied = several_lines(text)[:MAX_TEXT] if text else ""
    return [NewCommentary(text=tidied)] if visible(tidied) else []
