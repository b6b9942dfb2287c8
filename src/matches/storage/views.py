"""From stored rows to what clients see, and to what the rules read.

Everything in `matches` that shows or scores a match uses it. Pure: it reads rows, and never changes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from kit.contracts import Instant, convert, decode
from matches.storage.models import MatchEventRow, MatchRow, NewEvent
from scoring.model import (
    Commentary,
    Competition,
    Competitor,
    EventClock,
    EventOp,
    EventPlayer,
    FeedInfo,
    LineupPlayer,
    Match,
    MatchEvent,
    NewCompetition,
    NewCompetitor,
    StatedScore,
)
from scoring.sports.shared.setup import Player, Setup, Side
from scoring.sports.shared.state import Folded


def setup_of(competitors: list[NewCompetitor], config: Mapping[str, Any]) -> Setup:
    """What the rules need of a match."""
    home, away = (
        Side(one.id, one.name, tuple(Player(player.id, player.name, player.starter) for player in one.lineup or []))
        for one in competitors
    )
    return Setup(home, away, config)


def parties_of(row: MatchRow) -> tuple[NewCompetition, list[NewCompetitor]]:
    """A stored match's competition and competitors, as they were given."""
    return convert(row.competition, NewCompetition), convert(row.competitors, list[NewCompetitor])


def setup_of_row(row: MatchRow) -> Setup:
    """What the rules need of a stored match."""
    return setup_of(convert(row.competitors, list[NewCompetitor]), row.config)


def alert_of(row: MatchRow) -> StatedScore | None:
    """What its provider says of a match's score, where its events come to something else."""
    return alert_in(convert(row.state, Folded))


def alert_in(state: Folded) -> StatedScore | None:
    """What its provider says of the score, where the events come to something else; of a match in this state."""
    stated = state.stated
    return stated if stated is not None and stated.stated != stated.folded else None


def match_of(row: MatchRow, state: Folded | None = None, told: Match | None = None) -> Match:
    """A match as clients see it.

    Args:
        row: As it is stored.
        state: Its state, where that is at hand.
        told: The same match told earlier, with the same competition and competitors.
    """
    state = state or convert(row.state, Folded)
    return Match(
        id=row.id,
        sport=row.sport,
        competition=_competition(row) if told is None else told.competition,
        scheduled_at=Instant(row.scheduled_ms),
        competitors=[
            replace(one, score=state.scores[one.id], score_display=state.displays[one.id]) for one in told.competitors
        ]
        if told is not None
        else [_competitor(one, state) for one in convert(row.competitors, list[NewCompetitor])],
        status=state.status,
        periods=state.periods,
        seq=row.seq,
        version=row.version,
        updated_at=Instant(row.updated_ms),
        external_ids=dict(row.external_ids),
        status_detail=state.status_detail,
        venue=row.venue,
        clock=state.clock,
        outcome=state.outcome,
        game=state.game,
        aggregate=state.aggregate,
        stated=state.stated if state.score_stated else None,
        at=Instant(row.at_ms) if row.at_ms is not None else None,
        feed=convert(row.feed, FeedInfo) if row.feed else None,
    )


def _competition(row: MatchRow) -> Competition:
    given = convert(row.competition, NewCompetition)
    return Competition(id=given.id, name=given.name, season=given.season, stage=given.stage, round=given.round)


def _competitor(one: NewCompetitor, state: Folded) -> Competitor:
    lineup = [
        LineupPlayer(
            id=player.id,
            name=player.name,
            number=player.number,
            position=player.position,
            starter=player.starter,
        )
        for player in one.lineup or []
    ]
    return Competitor(
        id=one.id,
        name=one.name,
        abbreviation=one.abbreviation,
        type=one.type,
        score=state.scores[one.id],
        score_display=state.displays[one.id],
        qualifier=one.qualifier,
        lineup=lineup or None,
    )


def event_of(row: MatchEventRow | NewEvent, op: EventOp | None = None) -> MatchEvent:
    """A stored event as clients see it; `op` spares reading its payload."""
    op = op or decode(row.payload, EventOp)
    return MatchEvent(
        match_id=row.match_id,
        event_id=op.event_id,
        revision=op.revision,
        op=row.op,
        seq=row.seq or 0,
        order_key=op.order_key,
        type=op.type,
        period=op.period,
        occurred_at=op.occurred_at,
        received_at=Instant(row.received_ms),
        at=Instant(row.at_ms),
        provider=op.provider,
        confirmation=op.confirmation,
        detail=op.detail,
        players=[EventPlayer(id=player.id, role=player.role, name=player.name) for player in op.players],
        commentary=[Commentary(lang=line.lang, text=line.text) for line in op.commentary],
        clock=EventClock(display=op.clock.display, played_s=op.clock.played_s, remaining_s=op.clock.remaining_s)
        if op.clock
        else None,
        competitor_id=op.competitor_id,
        score_after=row.score_after,
        related_event_ids=op.related_event_ids or None,
    )
