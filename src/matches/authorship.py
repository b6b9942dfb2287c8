"""Who entered what by hand, as those see it who may score the match: names of accounts are not for listeners."""

from __future__ import annotations

from kit.contracts import Reply
from scoring.model import Author


class Authored(Reply, frozen=True, kw_only=True):
    """An event of the provider `hand`, and who entered it. `seq`: that of its entry, before any correction."""

    event_id: str
    seq: int
    entered_by: Author


class AuthoredPage(Reply, frozen=True, kw_only=True):
    """In the order of entry; `next` is the `after` of the page that follows, absent on the last."""

    items: list[Authored]
    next: int | None = None
