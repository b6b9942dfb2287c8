"""Cricket: innings in sequence, runs and wickets, balls that do not count, super overs after a tie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from kit.contracts import Payload, convert
from kit.errors import InvalidPayload
from matches.contracts import CricketInnings, EventOp, MatchClock, MatchPeriod, Outcome, PeriodType, Sport
from matches.sports.scoring import Board, Detail, Folded, PeriodStart, Setup, check_event, read

NOT_DISMISSED = frozenset({"retired hurt", "retired not out"})
"""Ways to leave the crease that cost no wicket (MCC Laws 25.4)."""

SUPER_OVER_WICKETS = 2
"""Two wickets end an innings in a super over (ICC playing conditions)."""


class CricketConfig(Payload, frozen=True, kw_only=True):
    """`overs` an innings: none in matches that are limited by days, which have two innings a side."""

    overs: Annotated[int, msgspec.Meta(ge=1, le=200)] | None = None
    balls_per_over: Annotated[int, msgspec.Meta(ge=1, le=10)] = 6
    innings_per_side: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    wickets: Annotated[int, msgspec.Meta(ge=1, le=20)] = 10


class InningsStart(PeriodStart, frozen=True, kw_only=True):
    """`targetRuns` and `targetOvers` where they do not follow from the score (a rain rule)."""

    batting_id: str
    target_runs: int | None = None
    target_overs: int | None = None


class InningsEnd(Detail, frozen=True, kw_only=True):
    """The end of an innings."""

    declared: bool = False


Runs = Annotated[int, msgspec.Meta(ge=0, le=100)]


class Extras(Detail, frozen=True, kw_only=True):
    """Runs that no batter scored (MCC Laws 21-23 and 41)."""

    wides: Runs = 0
    noballs: Runs = 0
    byes: Runs = 0
    legbyes: Runs = 0
    penalty: Runs = 0


class Wicket(Detail, frozen=True, kw_only=True):
    """A dismissal; `kind` in cricsheet's words (`caught`, `run out`, `retired hurt`, …)."""

    kind: str
    player_out: str | None = None


class Ball(Detail, frozen=True, kw_only=True):
    """One delivery; `competitorId` is the batting side.

    `over` counts from 0 and is optional, but makes overs of other than six balls come out right.
    `nonBoundary`: four or six were run, not hit.
    """

    batter_runs: Runs = 0
    extras: Extras = Extras()
    wickets: tuple[Wicket, ...] = ()
    over: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    non_boundary: bool = False


class PenaltyRuns(Detail, frozen=True, kw_only=True):
    """Runs that are awarded outside of a delivery (MCC Law 41)."""

    runs: Runs


DETAILS: dict[str, type[Detail]] = {
    "period_start": InningsStart,
    "period_end": InningsEnd,
    "ball": Ball,
    "penalty_runs": PenaltyRuns,
}
SCORING = frozenset({"ball", "penalty_runs"})
"""Other types, `review`, `toss` and `drinks` among them, are commentary."""


@dataclass(slots=True)
class Innings:
    """One innings while it is scored."""

    number: int
    type: PeriodType
    batting: str
    runs: int = 0
    wickets: int = 0
    boundaries: int = 0
    legal: int = 0
    overs: dict[int, int] = field(default_factory=dict)
    declared: bool = False
    target: int | None = None
    overs_allowed: int | None = None

    def bowled(self, per_over: int) -> tuple[int, int]:
        """Completed overs, and legal balls since."""
        if not self.overs:
            return divmod(self.legal, per_over)
        last = max(self.overs)
        return (last + 1, 0) if self.overs[last] >= per_over else (last, self.overs[last])

    def overs_text(self, per_over: int) -> str:
        """`49.3`, and `50` for whole overs."""
        overs, balls = self.bowled(per_over)
        return f"{overs}.{balls}" if balls else str(overs)


class CricketScorer:
    """Reads a match event by event."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), CricketConfig)
        self._board = Board(setup)
        self._innings: dict[int, Innings] = {}

    def _kind(self, number: int) -> PeriodType:
        return "innings" if number <= 2 * self._config.innings_per_side else "super_over"

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        if self._board.common(event, self._kind(event.period)):
            if event.type == "period_start":
                self._start(event.period, read(event, InningsStart))
            elif event.type == "period_end" and event.period in self._innings:
                self._innings[event.period].declared = read(event, InningsEnd).declared
        elif event.type in SCORING and event.competitor_id is not None:
            self._board.play(event.period)
            innings = self._open(event.period, event.competitor_id)
            if event.type == "ball":
                self._ball(innings, read(event, Ball))
            else:
                innings.runs += read(event, PenaltyRuns).runs

    def _open(self, number: int, batting: str) -> Innings:
        if number not in self._innings:
            kind = self._board.period(number, self._kind(number)).type
            self._innings[number] = Innings(number, kind, batting)
            self._innings[number].target = self._target(self._innings[number])
        return self._innings[number]

    def _start(self, number: int, start: InningsStart) -> None:
        innings = self._open(number, start.batting_id)
        innings.batting = start.batting_id
        innings.target = start.target_runs or self._target(innings)
        innings.overs_allowed = start.target_overs

    def _target(self, innings: Innings) -> int | None:
        """What the side that bats last needs: one more than the other has."""
        before = [i for i in self._innings.values() if i.type == innings.type and i.number < innings.number]
        if innings.type == "super_over":
            # Super overs come in pairs; an earlier, tied pair no longer counts.
            before = before[-1:] if len(before) % 2 else []
        elif len(before) != 2 * self._config.innings_per_side - 1:
            before = []
        if not before:
            return None
        lead = sum(i.runs if i.batting != innings.batting else -i.runs for i in before)
        return max(lead + 1, 1)

    def _ball(self, innings: Innings, ball: Ball) -> None:
        extras = ball.extras
        innings.runs += ball.batter_runs + extras.wides + extras.noballs + extras.byes + extras.legbyes
        innings.runs += extras.penalty
        innings.wickets += sum(wicket.kind not in NOT_DISMISSED for wicket in ball.wickets)
        innings.boundaries += ball.batter_runs in (4, 6) and not ball.non_boundary
        legal = not (extras.wides or extras.noballs)
        innings.legal += legal
        if ball.over is not None:
            innings.overs[ball.over] = innings.overs.get(ball.over, 0) + legal

    def _ordered(self, kind: PeriodType) -> list[Innings]:
        return [i for _, i in sorted(self._innings.items()) if i.type == kind]

    def _runs(self, kind: PeriodType = "innings") -> dict[str, int]:
        sums = dict.fromkeys(self._setup.ids, 0)
        for innings in self._ordered(kind):
            sums[innings.batting] += innings.runs
        for number, period in self._board.periods.items():
            if number not in self._innings and period.type == kind:
                for side, runs in period.scores.items():
                    sums[side] += runs
        return sums

    def _score(self, innings: Innings) -> str:
        most = SUPER_OVER_WICKETS if innings.type == "super_over" else self._config.wickets
        if innings.wickets >= most:
            return str(innings.runs)
        return f"{innings.runs}/{innings.wickets}{'d' if innings.declared else ''}"

    def scores(self) -> dict[str, int]:
        """Runs, without those of super overs."""
        return self._runs()

    def displays(self) -> dict[str, str]:
        """`155/6`, all out `241`, declared `362/7d`, two innings `245 & 98/3`, a super over `241 (15/0)`.

        A side that has not batted shows a score of 0 where a feed gives totals only, else a dash.
        """
        texts = {}
        stated = self._runs()
        for side in self._setup.ids:
            text = " & ".join(self._score(i) for i in self._ordered("innings") if i.batting == side)
            over = ", ".join(self._score(i) for i in self._ordered("super_over") if i.batting == side)
            texts[side] = (text or (str(stated[side]) if stated[side] else "-")) + (f" ({over})" if over else "")
        return texts

    def folded(self) -> Folded:
        """The state so far."""
        board = self._board
        outcome = self._outcome() if board.over else None
        return Folded(
            status=board.status,
            periods=self._periods(),
            scores=self.scores(),
            displays=self.displays(),
            status_detail=board.status_text or (outcome.text if outcome else self._phase()),
            clock=self._clock(),
            outcome=outcome,
        )

    def _periods(self) -> list[MatchPeriod]:
        periods = []
        for period in self._board.ordered():
            innings = self._innings.get(period.number)
            detail, scores = None, dict(period.scores)
            if innings is not None:
                scores = {innings.batting: innings.runs}
                detail = CricketInnings(
                    runs=innings.runs,
                    wickets=innings.wickets,
                    overs=innings.overs_text(self._config.balls_per_over),
                    batting_id=innings.batting,
                    declared=innings.declared,
                    target=innings.target,
                )
            periods.append(MatchPeriod(number=period.number, type=period.type, scores=scores, detail=detail))
        return periods

    def _clock(self) -> MatchClock | None:
        innings = self._innings.get(self._board.current)
        if innings is None:
            return None
        display = innings.overs_text(self._config.balls_per_over)
        return MatchClock(period=innings.number, direction="none", running=self._board.running, display=display)

    def _phase(self) -> str | None:
        """`England need 12 runs from 9 balls` during a chase, `Innings break` between two."""
        innings = self._innings.get(self._board.current)
        if self._board.status == "break":
            return "Innings break"
        if innings is None or innings.target is None or self._board.status != "live":
            return None
        need = innings.target - innings.runs
        if need <= 0:
            return None
        text = f"{self._setup.name(innings.batting)} need {_count(need, 'run')}"
        allowed = 1 if innings.type == "super_over" else innings.overs_allowed or self._config.overs
        if allowed is None:
            return text
        overs, balls = innings.bowled(self._config.balls_per_over)
        left = (allowed - overs) * self._config.balls_per_over - balls
        return f"{text} from {_count(left, 'ball')}" if left > 0 else text

    def _outcome(self) -> Outcome:
        """The result: by runs, wickets, an innings, or what decided a tie.

        A feed's own statement wins, since rain rules and tie-breakers are not in the score: it comes as the
        `outcome` of `match_end`, and only its `winnerId` is needed for the sentence about a super over.
        """
        computed = self._tie_break() or self._plain_result()
        return self._board.outcome(computed)

    def _plain_result(self) -> Outcome:
        runs, innings = self._runs(), self._ordered("innings")
        home, away = self._setup.ids
        due = 2 * self._config.innings_per_side
        last = innings[-1] if innings else None
        won = last is not None and last.target is not None and last.runs >= last.target
        if last is not None and won:
            left = self._config.wickets - last.wickets
            by = _count(left, "wicket")
            return Outcome(text=f"{self._setup.name(last.batting)} won by {by}", winner_id=last.batting, by=by)
        if self._config.overs is None and not self._decided(innings, due):
            return Outcome(text="Match drawn")
        if runs[home] == runs[away]:
            return Outcome(text="Match tied", by="tie")
        winner = home if runs[home] > runs[away] else away
        lead = runs[winner] - runs[self._setup.opponent(winner)]
        if last is not None and last.target is not None:
            lead = last.target - 1 - last.runs  # a rain rule's target is not the other side's total
        if not lead:
            return Outcome(text="Match tied", by="tie")
        by = _count(lead, "run")
        if due > 2 and len(innings) < due:
            by = f"an innings and {by}"
        winner = self._setup.opponent(last.batting) if last is not None and last.target is not None else winner
        return Outcome(text=f"{self._setup.name(winner)} won by {by}", winner_id=winner, by=by)

    def _decided(self, innings: list[Innings], due: int) -> bool:
        """Whether the side that batted last was bowled out with its score short of the other's."""
        if not innings or innings[-1].wickets < self._config.wickets:
            return False
        runs, last = self._runs(), innings[-1]
        return len(innings) == due or (
            len(innings) == due - 1 and runs[last.batting] < runs[self._setup.opponent(last.batting)]
        )

    def _tie_break(self) -> Outcome | None:
        """A tie and what came after it; None where there was none."""
        overs = self._ordered("super_over")
        stated = self._board.stated.winner_id if self._board.stated else None
        if not overs:
            return None
        pair = overs[-2:] if len(overs) % 2 == 0 else overs[-1:]
        runs = {i.batting: i.runs for i in pair}
        home, away = self._setup.ids
        if runs.get(home, 0) != runs.get(away, 0):
            winner = home if runs.get(home, 0) > runs.get(away, 0) else away
            how = ""
        elif stated is not None:
            winner = stated
            how = (
                " on boundary count"
                if self._boundaries(winner) > self._boundaries(self._setup.opponent(winner))
                else ""
            )
        else:
            return Outcome(text="Match tied", by="tie")
        name = self._setup.name(winner)
        return Outcome(text=f"Match tied ({name} won the Super Over{how})", winner_id=winner, by="super over")

    def _boundaries(self, side: str) -> int:
        return sum(i.boundaries for i in self._innings.values() if i.batting == side)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Cricket:
    """The rules of cricket."""

    sport: Sport = "cricket"

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        convert(dict(setup.config), CricketConfig)

    def check(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        check_event(setup, event, DETAILS, SCORING)
        if event.type == "period_start" and read(event, InningsStart).batting_id not in setup.ids:
            raise InvalidPayload(f"battingId must be one of {', '.join(setup.ids)}.")

    def begin(self, setup: Setup) -> CricketScorer:
        """A scorer before the first ball."""
        return CricketScorer(setup)
