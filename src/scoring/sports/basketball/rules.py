"""Basketball for the registry (`scoring.sports.RULES`): what may be configured, told and drawn of its matches.

Counting is done by `scorer` and `statistics`, which this hands out.
"""

from __future__ import annotations

from kit.contracts import convert
from scoring.model import EventOp, MatchEvent, Sport
from scoring.sports.basketball.details import DETAILS, MAX_OVERTIMES, PLAY, SCORING, BasketballConfig, Shot
from scoring.sports.basketball.scorer import BasketballScorer
from scoring.sports.basketball.statistics import BasketballTally
from scoring.sports.shared import laws
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.details import read
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup

IN_A_PERIOD = laws.PERIODS | PLAY


def _made(event: MatchEvent) -> bool:
    """Misses change no chart."""
    return event.detail.get("made") is True


class Basketball(SportRules):
    """The rules of basketball."""

    sport: Sport = "basketball"
    config = BasketballConfig
    details = DETAILS
    scoring = SCORING
    most_in_a_period = 250  # the highest that is known of is 102
    methods_elsewhere = frozenset({"dls", "penalties"})
    charted = ChartedEvents(types=SCORING, detail=frozenset({"made", "points"}), counts=_made)

    def against_laws(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        config = convert(dict(setup.config), BasketballConfig)
        has = f"a match has {config.periods} periods, and overtimes"
        why = laws.period(event, IN_A_PERIOD, config.periods + MAX_OVERTIMES, has)
        if why is not None or event.type not in PLAY:
            return why
        if event.type == "shot" and read(event, Shot).points not in (2, 3):
            return f"A shot from the field is worth 2 or 3 points, not {read(event, Shot).points}."
        if event.type == "free_throw" and event.detail.get("points", 1) != 1:
            return "A free throw is worth 1 point."
        return None

    def begin(self, setup: Setup) -> BasketballScorer:
        """A scorer at the jump ball."""
        return BasketballScorer(setup)

    def tally(self, setup: Setup) -> BasketballTally:
        """Players' statistics at the jump ball."""
        return BasketballTally(setup)
