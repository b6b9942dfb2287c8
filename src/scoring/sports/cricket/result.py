"""How a match of cricket ends: by runs, by wickets, by an innings, drawn, tied, or without a result.

`scorer` asks once a match is over. A result that is stated replaces it elsewhere (`shared.outcomes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scoring.model import Outcome
from scoring.sports.cricket.details import CricketConfig
from scoring.sports.cricket.innings import Innings
from scoring.sports.shared.details import StatedOutcome
from scoring.sports.shared.setup import Setup

NO_RESULT = Outcome(text="No result")
TIED = Outcome(text="Match tied", by="tie")


def count(number: int, noun: str) -> str:
    """A number and its noun: `1 run`, `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True)
class Ending:
    """A match that is over, as its result is told from it.

    Attributes:
        setup: The match.
        config: Its format.
        innings: Those that were begun, in order, without super overs.
        super_overs: Likewise.
        runs: By competitor id, without super overs.
        any_score: Whether anything was told of a score, if only totals.
        target: What a side needs to win, in its innings.
        balls_left: Of an innings; None where its overs are not limited.
    """

    setup: Setup
    config: CricketConfig
    innings: Sequence[Innings]
    super_overs: Sequence[Innings]
    runs: Mapping[str, int]
    any_score: bool
    target: Callable[[Innings], int | None]
    balls_left: Callable[[Innings], int | None]

    def result(self, stated: StatedOutcome | None) -> Outcome:
        """The result by the score; `stated` says who won what the score leaves open."""
        return self._tie_break(stated) or self._plain()

    def by_totals(self, totals: Mapping[str, int]) -> Outcome:
        """By totals alone, which do not say whether the winner had wickets left or runs to spare."""
        home, away = self.setup.ids
        if self.config.innings_per_side > 1:
            return NO_RESULT
        if totals[home] == totals[away]:
            return TIED
        winner = home if totals[home] > totals[away] else away
        return Outcome(text=f"{self.setup.name(winner)} won", winner_id=winner)

    def _plain(self) -> Outcome:
        last = self.innings[-1] if self.innings else None
        if last is None:
            return self.by_totals(self.runs) if self.any_score else NO_RESULT
        target = self.target(last)
        if target is not None and last.runs >= target:
            by = count(self.config.wickets - last.wickets, "wicket")
            return Outcome(text=f"{self.setup.name(last.batting)} won by {by}", winner_id=last.batting, by=by)
        if self.config.innings_per_side > 1:
            return self._of_days(last, target)
        if len(self.innings) == 1:
            return NO_RESULT
        if target is None:  # an earlier innings was not told
            return self.by_totals(self.runs)
        if not self.completed(last):
            return self._cut_short(last, target)
        return self._short_by(last, target - 1 - last.runs)

    def completed(self, innings: Innings) -> bool:
        """Whether an innings came to its end: nobody is left to bat, the overs are bowled, or the target is reached."""
        target, left = self.target(innings), self.balls_left(innings)
        if innings.nobody_left or left == 0 or (target is not None and innings.runs >= target):
            return True
        if innings.totals_only and not innings.legal:
            return innings.ended  # a feed that states no overs can say it in no other way
        first = self.innings[0] if self.innings else None
        if left is None and innings.type == "innings" and innings.legal and first not in (None, innings):
            return innings.ended and innings.legal >= first.legal  # the overs are limited, though nobody says to what
        return False

    def _cut_short(self, last: Innings, target: int) -> Outcome:
        """A chase that stopped before it was decided has a result only by what a rain rule says.

        That is the par score of that moment, or a target that was set after the last ball or for an innings whose end
        was told.
        """
        if last.par is not None and last.par_at == last.told:
            return self._by_par(last, last.par)
        if last.revised_at is not None and (last.ended or last.revised_at == last.told):
            return self._short_by(last, target - 1 - last.runs)
        if last.ended and last.runs == target - 1:
            return TIED
        return NO_RESULT

    def _by_par(self, last: Innings, par: int) -> Outcome:
        ahead = last.runs - par
        if not ahead:
            return Outcome(text=f"{TIED.text} (DLS)", by=TIED.by, method="dls")
        winner = last.batting if ahead > 0 else self.setup.opponent(last.batting)
        by = count(abs(ahead), "run")
        return Outcome(text=f"{self.setup.name(winner)} won by {by} (DLS)", winner_id=winner, by=by, method="dls")

    def _short_by(self, last: Innings, lead: int) -> Outcome:
        """The side that bats last fell short by so many runs; a rain rule's target is not the other side's total."""
        if not lead:
            return TIED
        winner, by = self.setup.opponent(last.batting), count(lead, "run")
        if self.config.innings_per_side > 1 and len(self.innings) < 4:
            by = f"an innings and {by}"
        return Outcome(text=f"{self.setup.name(winner)} won by {by}", winner_id=winner, by=by)

    def _of_days(self, last: Innings, target: int | None) -> Outcome:
        """Two innings a side: time that runs out is a draw."""
        due = 2 * self.config.innings_per_side
        over = last.nobody_left or self.balls_left(last) == 0
        if over and len(self.innings) == due and target is not None:
            return self._short_by(last, target - 1 - last.runs)
        lead = self.runs[self.setup.opponent(last.batting)] - self.runs[last.batting]
        if over and len(self.innings) == due - 1 and lead > 0:
            return self._short_by(last, lead)
        return Outcome(text="Match drawn")

    def _tie_break(self, stated: StatedOutcome | None) -> Outcome | None:
        """A tie and what came after it; None where there was none. A super over that was cut short decides nothing."""
        overs = self.super_overs
        if not overs:
            return None
        pair = overs[-2:] if len(overs) % 2 == 0 and self.completed(overs[-1]) else ()
        runs = {innings.batting: innings.runs for innings in pair}
        home, away = self.setup.ids
        how = ""
        if runs.get(home, 0) != runs.get(away, 0):
            winner = home if runs.get(home, 0) > runs.get(away, 0) else away
        elif stated is not None and stated.winner_id is not None:
            winner = stated.winner_id
            if self._boundaries(winner) > self._boundaries(self.setup.opponent(winner)):
                how = " on boundary count"
        else:
            return TIED
        name = self.setup.name(winner)
        return Outcome(text=f"Match tied ({name} won the Super Over{how})", winner_id=winner, by="super over")

    def _boundaries(self, side: str) -> int:
        return sum(one.boundaries for one in (*self.innings, *self.super_overs) if one.batting == side)
