"""Tennis for the registry (`scoring.sports.RULES`): what may be configured, told and drawn of its matches.

Counting is done by `scorer` and `statistics`, which this hands out.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit.contracts import convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, Sport
from scoring.sports.shared import laws
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.details import read
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup
from scoring.sports.tennis.details import DETAILS, SCORING, Point, SetScore, SetStart, TennisConfig
from scoring.sports.tennis.scorer import TennisScorer
from scoring.sports.tennis.statistics import TennisTally

IN_A_SET = laws.PERIODS | {"point"}


class Tennis(SportRules):
    """The rules of tennis, singles and doubles (a pair is one competitor)."""

    sport: Sport = "tennis"
    config = TennisConfig
    details = DETAILS
    scoring = SCORING
    most_in_a_period = 200  # the highest that is known of is 70 games
    methods_elsewhere = frozenset({"dls", "penalties", "aggregate"})
    charted = ChartedEvents(
        types=frozenset({"point", "score", "period_start"}), detail=frozenset({"points", "serverId"})
    )

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        super().check_readable(setup, event)
        if event.type not in DETAILS:
            return
        detail = read(event, DETAILS[event.type])
        named: set[str] = set()
        if isinstance(detail, SetScore):
            named = set(detail.points or ()) | set(detail.tie_break or ())
        if isinstance(detail, (Point, SetStart, SetScore)) and detail.server_id is not None:
            named.add(detail.server_id)
        if not named <= set(setup.ids):
            raise InvalidPayload(f"detail names a competitor that is none of {', '.join(setup.ids)}.")

    def against_laws(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        config = convert(dict(setup.config), TennisConfig)
        sets = f"period is the number of the set, 1 to {config.best_of}"
        why = laws.period(event, IN_A_SET, config.best_of, sets)
        if why is not None or event.type != "score":
            return why
        last = event.period == config.best_of
        final = config.final_set if last else "tie_break"
        return _no_such_set(read(event, SetScore).scores, config.games_per_set, final)

    def begin(self, setup: Setup) -> TennisScorer:
        """A scorer before the first point."""
        return TennisScorer(setup)

    def tally(self, setup: Setup) -> TennisTally:
        """Statistics before the first point."""
        return TennisTally(setup)


def _no_such_set(games: Mapping[str, int], due: int, final_set: str) -> str | None:
    """A set ends at the games that it needs, two ahead, or one ahead by a tie-break.

    Args:
        games: As far as they are told, by competitor id.
        due: The games that win a set, and the score at which both play a tie-break.
        final_set: How this set is decided, as of the configuration; `tie_break` where it is not the last.
    """
    if final_set == "match_tie_break" or len(games) < 2:
        return None  # its scores are points, or nothing can be compared
    least, most = sorted(games.values())
    if final_set == "advantage":
        fits = most <= due or most - least <= 2
    else:
        fits = most <= due or (most == due + 1 and least in (due - 1, due))
    return None if fits else f"A set does not stand at {most}-{least}: it is won at {due} games, or {due + 1}."
