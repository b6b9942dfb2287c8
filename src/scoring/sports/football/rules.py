"""Football for the registry (`scoring.sports.RULES`): what may be configured, told and drawn of its matches.

Counting is done by `scorer` and `statistics`, which this hands out.
"""

from __future__ import annotations

from kit.contracts import convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, MatchEvent, Sport
from scoring.sports.football.clock import SHOOT_OUT
from scoring.sports.football.details import DETAILS, PLAY, SCORING, FootballConfig, card_of
from scoring.sports.football.scorer import FootballScorer
from scoring.sports.football.statistics import FootballTally
from scoring.sports.shared import laws
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup

IN_A_PERIOD = laws.PERIODS | PLAY
HAS = "football has the halves 1 and 2, extra time 3 and 4, and the shoot-out 5"


def _names_players(_: MatchEvent) -> bool:
    return True


class Football(SportRules):
    """The rules of football."""

    sport: Sport = "football"
    config = FootballConfig
    details = DETAILS
    scoring = SCORING
    asked_again = frozenset({"card", "penalty_missed"})
    most_in_a_period = 150  # the highest that is known of is 149
    methods_elsewhere = frozenset({"dls"})
    charted = ChartedEvents(
        types=frozenset({"goal", "card", "substitution", "penalty_missed", "shootout_kick", "var"}),
        detail=frozenset({"ownGoal", "penalty", "card", "scored", "decision"}),
        names_players=_names_players,
    )

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        first = convert(dict(setup.config), FootballConfig).first_leg
        if first is not None and set(first) != set(setup.ids):
            raise InvalidPayload(f"firstLeg has the goals of {' and '.join(setup.ids)}.")

    def against_laws(self, setup: Setup, event: EventOp) -> str | None:  # noqa: ARG002 - all matches are alike here
        """Why an event cannot be; None where nothing speaks against it."""
        why = laws.period(event, IN_A_PERIOD, SHOOT_OUT, HAS)
        if why is not None or event.type not in PLAY:
            return why
        if event.type == "card" and card_of(event) is None:
            return f"There is no card {str(event.detail.get('card'))[:40]!r}: it is yellow, second_yellow or red."
        if event.type == "goal" and event.period == SHOOT_OUT:
            return "A goal of the shoot-out is a shootout_kick, which counts for no score."
        if event.type == "shootout_kick" and event.period != SHOOT_OUT:
            return f"A kick of the shoot-out is in period {SHOOT_OUT}."
        return None

    def begin(self, setup: Setup) -> FootballScorer:
        """A scorer at kick-off."""
        return FootballScorer(setup)

    def tally(self, setup: Setup) -> FootballTally:
        """Players' statistics at kick-off."""
        return FootballTally(setup)
