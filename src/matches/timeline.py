"""What a chart of a match is drawn from: which events of each sport, and what of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from scoring.model import MatchEvent, Sport, TimelineEvent

MAX_EVENTS = 3000
"""Five days of cricket have some 2,700 balls; what a feed sends beyond that is no match."""

CHARTED: dict[Sport, frozenset[str]] = {
    "football": frozenset({"goal", "card", "substitution", "penalty_missed", "shootout_kick", "var"}),
    "cricket": frozenset({"ball", "wicket", "penalty_runs"}),
    "basketball": frozenset({"shot", "free_throw"}),
    "tennis": frozenset({"point", "score", "period_start"}),
}
"""Event types by sport. Of basketball only what counted: misses change no chart."""

READ = frozenset({
    "ownGoal", "penalty", "card", "scored", "decision", "over", "batterRuns", "extras", "wickets", "runs",
    "nonBoundary", "made", "points", "serverId",
})  # fmt: skip
"""Keys of `detail`; a feed may put much more there."""


def charted(sport: Sport, events: Iterable[MatchEvent]) -> list[TimelineEvent]:
    """The events that charts are drawn from, the latest `MAX_EVENTS` of them, in the order in which they come."""
    shown = [event for event in events if event.confirmation != "cancelled" and _counts(sport, event)]
    return [_slim(sport, event) for event in shown[-MAX_EVENTS:]]


def _counts(sport: Sport, event: MatchEvent) -> bool:
    if event.type not in CHARTED[sport]:
        return False
    return sport != "basketball" or event.detail.get("made") is True


def _slim(sport: Sport, event: MatchEvent) -> TimelineEvent:
    named = sport == "football" or bool(event.detail.get("wickets"))
    return TimelineEvent(
        provider=event.provider,
        event_id=event.event_id,
        seq=event.seq,
        order_key=event.order_key,
        type=event.type,
        period=event.period,
        detail={key: value for key, value in event.detail.items() if key in READ},
        players=event.players if named else [],
        clock=event.clock,
        competitor_id=event.competitor_id,
        score_after=event.score_after,
    )
