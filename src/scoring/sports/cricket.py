"""Cricket: the rules of the sport, as the registry takes them."""

from __future__ import annotations

from kit.contracts import convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, Sport
from scoring.sports import laws
from scoring.sports.cricket_details import DETAILS, SCORING, CricketConfig, InningsScore, InningsStart
from scoring.sports.cricket_scorer import CricketScorer
from scoring.sports.scorecard import CricketTally
from scoring.sports.scoring import Lawful, Setup, check_event, read

IN_AN_INNINGS = laws.PERIODS | SCORING


class Cricket(Lawful):
    """The rules of cricket."""

    sport: Sport = "cricket"
    scoring = SCORING

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        convert(dict(setup.config), CricketConfig)

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        check_event(setup, event, DETAILS, SCORING)
        batting = None
        if event.type == "period_start":
            batting = read(event, InningsStart).batting_id
        elif event.type == "score":
            batting = read(event, InningsScore).batting_id
        if batting is not None and batting not in setup.ids:
            raise InvalidPayload(f"battingId must be one of {', '.join(setup.ids)}.")

    def objection(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        most = 2 * convert(dict(setup.config), CricketConfig).innings_per_side + laws.MAX_SUPER_OVERS
        has = f"a match has {most - laws.MAX_SUPER_OVERS} innings, and super overs"
        return (
            laws.common(self.sport, setup, event)
            or laws.period(event, IN_AN_INNINGS, most, has)
            or laws.cricket(setup, event)
        )

    def begin(self, setup: Setup) -> CricketScorer:
        """A scorer before the first ball."""
        return CricketScorer(setup)

    def tally(self, setup: Setup) -> CricketTally:
        """Scorecards before the first ball."""
        return CricketTally(setup)
