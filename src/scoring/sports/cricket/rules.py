"""Cricket for the registry (`scoring.sports.RULES`): what may be configured, told and drawn of its matches.

Counting is done by `scorer` and `statistics`, which this hands out.
"""

from __future__ import annotations

from kit.contracts import convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, MatchEvent, Sport
from scoring.sports.cricket.details import DETAILS, MAX_SUPER_OVERS, SCORING, CricketConfig, InningsScore, InningsStart
from scoring.sports.cricket.laws import ball_or_wicket
from scoring.sports.cricket.scorer import CricketScorer
from scoring.sports.cricket.statistics import CricketTally
from scoring.sports.shared import laws
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.details import read
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup

IN_AN_INNINGS = laws.PERIODS | SCORING


def _somebody_is_out(event: MatchEvent) -> bool:
    return bool(event.detail.get("wickets"))


class Cricket(SportRules):
    """The rules of cricket."""

    sport: Sport = "cricket"
    config = CricketConfig
    details = DETAILS
    scoring = SCORING
    most_in_a_period = 2_000  # the highest that is known of is 1,107
    methods_elsewhere = frozenset({"penalties", "aggregate"})
    charted = ChartedEvents(
        types=SCORING,
        detail=frozenset({"over", "batterRuns", "extras", "wickets", "runs", "nonBoundary"}),
        names_players=_somebody_is_out,
    )

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        super().check_readable(setup, event)
        batting = None
        if event.type == "period_start":
            batting = read(event, InningsStart).batting_id
        elif event.type == "score":
            batting = read(event, InningsScore).batting_id
        if batting is not None and batting not in setup.ids:
            raise InvalidPayload(f"battingId must be one of {', '.join(setup.ids)}.")

    def against_laws(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        innings = 2 * convert(dict(setup.config), CricketConfig).innings_per_side
        has = f"a match has {innings} innings, and super overs"
        why = laws.period(event, IN_AN_INNINGS, innings + MAX_SUPER_OVERS, has)
        return why or ball_or_wicket(setup, event)

    def begin(self, setup: Setup) -> CricketScorer:
        """A scorer before the first ball."""
        return CricketScorer(setup)

    def tally(self, setup: Setup) -> CricketTally:
        """Scorecards before the first ball."""
        return CricketTally(setup)
