"""What CONTRIBUTING says under *Add a sport*, done for the server's half: handball, as far as goals and halves go.

`tests/integration/matches/test_new_sport.py` registers another one and plays it through the service.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kit.contracts import Instant, Payload, convert
from kit.errors import InvalidPayload
from scoring.change import MatchChange
from scoring.model import EventOp, NewEventPlayer, Outcome, PeriodType, StatGroup
from scoring.projection import fold, newest, statistics
from scoring.sports.shared import laws
from scoring.sports.shared.board import Board, wire_period
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.details import Detail
from scoring.sports.shared.rules import Scorer, SportRules, Tally
from scoring.sports.shared.setup import Setup, Side
from scoring.sports.shared.state import Folded, Override
from scoring.sports.shared.tables import Counter, columns, row

# src/scoring/sports/handball.py


class HandballConfig(Payload, frozen=True, kw_only=True):
    """Grown-ups play 2 x 30 minutes."""

    half_minutes: int = 30


class Throw(Detail, frozen=True, kw_only=True):
    """A throw at goal; `metres` is 7 for a penalty."""

    metres: int | None = None


DETAILS: dict[str, type[Detail]] = {"goal": Throw}
SCORING = frozenset({"goal"})


class HandballScorer:
    """Reads a match event by event."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), HandballConfig)
        self._board = Board(setup, self._kind)

    @staticmethod
    def _kind(number: int) -> PeriodType:
        return "regular" if number <= 2 else "overtime"

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        kind = self._kind(event.period)
        if not self._board.common(event, kind) and event.type == "goal":
            assert event.competitor_id is not None
            self._board.play(event.period)
            self._board.period(event.period, kind).scores[event.competitor_id] += 1

    def cannot(self, event: EventOp) -> str | None:  # noqa: ARG002 - any event may be the next
        """Nothing speaks against it."""
        return None

    def scores(self) -> dict[str, int]:
        """Goals."""
        return self._board.total("regular", "overtime")

    def displays(self) -> dict[str, str]:
        """Goals, as text."""
        return {side: str(goals) for side, goals in self.scores().items()}

    def folded(self, stated: Override | None = None) -> Folded:
        """The state so far."""
        board = self._board
        stated = board.in_force(stated, self.scores())
        goals = self.scores() if stated is None else dict(stated.scores)
        return Folded(
            status=board.status,
            periods=[wire_period(period) for period in board.shown_periods(stated)],
            scores=goals,
            displays={side: str(number) for side, number in goals.items()},
            status_detail=board.status_text,
            outcome=board.outcome(self._result(goals)) if board.decided else None,
            score_stated=stated is not None or None,
        )

    def _result(self, goals: Mapping[str, int]) -> Outcome:
        home, away = self._setup.ids
        if goals[home] == goals[away]:
            return Outcome(text=f"Draw, {goals[home]}-{goals[away]}", method="draw")
        winner = home if goals[home] > goals[away] else away
        text = f"{self._setup.name(winner)} won {max(goals.values())}-{min(goals.values())}"
        return Outcome(text=text, winner_id=winner)


class HandballTally:
    """Who threw the goals."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._counter = Counter(setup)

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        if event.type == "goal" and event.competitor_id is not None:
            scorer = next((player for player in event.players if player.role == "scorer"), None)
            self._counter.add(event.competitor_id, scorer, "goals")

    def groups(self) -> list[StatGroup]:
        """A table for each side."""
        return [self._group(side) for side in (self._setup.home, self._setup.away)]

    def _group(self, side: Side) -> StatGroup:
        rows = [row(self._counter.names, key, counts) for key, counts in self._counter.players(side.id).items()]
        return StatGroup(
            key=f"players.{side.id}", title=side.name, columns=columns(goals="Goals"), rows=rows, totals=[]
        )


class Handball(SportRules):
    """The rules of handball."""

    sport = "handball"  # type: ignore[assignment]  # not in `Sport`, where a real one's line is
    config = HandballConfig
    details = DETAILS
    scoring = SCORING
    charted = ChartedEvents(types=SCORING, detail=frozenset({"metres"}))
    most_in_a_period = 60

    def against_laws(self, setup: Setup, event: EventOp) -> str | None:  # noqa: ARG002 - the configuration changes nothing
        """A goal before the first half cannot be."""
        return laws.period(event, laws.PERIODS | SCORING, 4, "handball has the halves 1 and 2, and overtime 3 and 4")

    def begin(self, setup: Setup) -> Scorer:
        """A scorer at the throw-off."""
        return HandballScorer(setup)

    def tally(self, setup: Setup) -> Tally:
        """Players' goals at the throw-off."""
        return HandballTally(setup)


# What matches does with it

RULES = Handball()
SETUP = Setup(home=Side("har", "Harbour"), away=Side("nor", "Northgate"))


def op(number: int, kind: str, period: int = 1, **more: object) -> EventOp:
    return EventOp(
        provider="hall", event_id=str(number), type=kind, period=period, order_key=f"{number:04}",
        occurred_at=Instant(1_795_000_000_000 + number), **more,
    )  # fmt: skip


MATCH = [
    op(1, "period_start"), op(2, "goal", competitor_id="har"), op(3, "goal", competitor_id="nor", detail={"metres": 7}),
    op(4, "period_end"), op(5, "goal", 2, competitor_id="har"), op(6, "match_end", 2),
]  # fmt: skip


def test_its_events_come_to_a_score_and_a_result_in_any_order() -> None:
    for told in (MATCH, MATCH[::-1]):
        state = fold(RULES, SETUP, told).state
        assert (state.status, state.scores) == ("ended", {"har": 2, "nor": 1})
        assert [period.scores for period in state.periods] == [{"har": 1, "nor": 1}, {"har": 1, "nor": 0}]
        assert state.outcome is not None
        assert (state.outcome.winner_id, state.outcome.text) == ("har", "Harbour won 2-1")


def test_a_goal_that_is_withdrawn_is_a_correction() -> None:
    stored = newest(MATCH)
    change = MatchChange(RULES, SETUP, current=stored, known={(key, 0) for key in stored}, seq=len(MATCH))
    change.take(op(5, "goal", 2, competitor_id="har", op="delete", revision=1))
    correction = change.correction(change.fold())
    assert correction is not None
    assert (correction.before["har"], correction.after["har"]) == ("2", "1")


def test_what_cannot_be_read_or_cannot_be_is_said() -> None:
    with pytest.raises(InvalidPayload, match="competitorId"):
        RULES.check_readable(SETUP, op(9, "goal", competitor_id="nobody"))
    why = "There is no period 0: handball has the halves 1 and 2, and overtime 3 and 4."
    assert RULES.objection(SETUP, op(9, "goal", 0, competitor_id="har")) == why


def test_players_are_counted_from_the_same_events() -> None:
    bea = NewEventPlayer(id="9", name="Bea", role="scorer")
    goals = [op(number, "goal", competitor_id="har", players=[bea]) for number in (1, 2)]
    harbour, northgate = statistics(RULES, SETUP, goals)
    assert [(one.name, one.values) for one in harbour.rows] == [("Bea", {"goals": 2})]
    assert northgate.rows == []
