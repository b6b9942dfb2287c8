"""What clients ask of lists of matches, as a question for the database, and the cursors of their pages.

`matches.queries` calls it. Pure; where a match stands in a list, and by which words it is found, is for
`matches.storage.finding` to say.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from kit.contracts import Instant
from kit.errors import InvalidPayload
from matches.contracts import ListMatches, Order
from matches.storage.finding import After, Search, words_of

_MAX_SOUGHT = 8
"""Words of one question: each is a look-up of its own."""

_DAY = timedelta(days=1)


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
    """The cursor of the page after this match.

    Args:
        order: Of the list.
        value: What the match is ordered by: its place, or when it is scheduled in Unix ms.
        match_id: The last match of the page.
    """
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
