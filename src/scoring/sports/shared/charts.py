"""What charts of a match are drawn from: which of its events, and what of each.

Each sport says it in a `ChartedEvents` (`SportRules.charted`); `matches.queries` serves what `chosen` picks. Nothing
here draws, and nothing that a feed adds to an event's `detail` gets out through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scoring.model import MatchEvent, TimelineEvent

MAX_EVENTS = 3000
"""Five days of cricket have some 2,700 balls; what a feed sends beyond that is no match."""


def _always(_: MatchEvent) -> bool:
    return True


def _never(_: MatchEvent) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartedEvents:
    """The events of one sport that its charts are drawn from.

    Attributes:
        types: Event types.
        detail: The keys of `detail` that charts read; the others are left out.
        counts: Whether a chart shows an event of these types: all, where it is not said.
        names_players: Whether a chart names the players of an event: of none, where it is not said.
    """

    types: frozenset[str]
    detail: frozenset[str] = frozenset()
    counts: Callable[[MatchEvent], bool] = _always
    names_players: Callable[[MatchEvent], bool] = _never


def chosen(charted: ChartedEvents, events: Iterable[MatchEvent]) -> list[TimelineEvent]:
    """The events that charts are drawn from, the latest `MAX_EVENTS` of them, in the order in which they come.

    Cancelled events are left out.
    """
    shown = [
        event
        for event in events
        if event.confirmation != "cancelled" and event.type in charted.types and charted.counts(event)
    ]
    return [_slim(charted, event) for event in shown[-MAX_EVENTS:]]


def _slim(charted: ChartedEvents, event: MatchEvent) -> TimelineEvent:
    return TimelineEvent(
        provider=event.provider,
        event_id=event.event_id,
        seq=event.seq,
        order_key=event.order_key,
        type=event.type,
        period=event.period,
        detail={key: value for key, value in event.detail.items() if key in charted.detail},
        players=event.players if charted.names_players(event) else [],
        clock=event.clock,
        competitor_id=event.competitor_id,
        score_after=event.score_after,
    )
