"""Cricket: innings in sequence, runs and wickets, balls that do not count, super overs after a tie.

It keeps the score while `scoring.projection` reads a match. An innings is `innings`, the result `result`.
"""

from __future__ import annotations

from kit.contracts import convert
from scoring.model import CricketInnings, EventOp, MatchClock, MatchPeriod, PeriodType
from scoring.sports.cricket.details import (
    SCORING,
    Ball,
    BetweenBalls,
    CricketConfig,
    CricketEnd,
    InningsEnd,
    InningsScore,
    InningsStart,
    PenaltyRuns,
    Revision,
)
from scoring.sports.cricket.innings import Innings
from scoring.sports.cricket.laws import MISCOUNT, runs_of_two_kinds
from scoring.sports.cricket.result import Ending, count
from scoring.sports.shared.board import Board, wire_period
from scoring.sports.shared.details import read, read_if
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override

SUPER_OVER_WICKETS = 2
"""Two wickets end an innings in a super over (ICC playing conditions)."""


class CricketScorer:
    """Keeps the score of one match while its events are read in order (`shared.rules.Scorer`)."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), CricketConfig)
        self._board = Board(setup, self._kind)
        self._innings: dict[int, Innings] = {}
        self._awarded = dict.fromkeys(setup.ids, 0)
        self._revisions: dict[int, Revision] = {}

    def _kind(self, number: int) -> PeriodType:
        return "innings" if number <= 2 * self._config.innings_per_side else "super_over"

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        if self._board.common(event, self._kind(event.period)):
            self._common(event)
        elif event.type == "target":
            revision = read_if(event, Revision)
            if revision is not None:
                self._revise(event.period, revision)
        elif event.type == "penalty_runs" and event.competitor_id is not None:
            self._board.play(event.period)
            self._award(event.period, event.competitor_id, read(event, PenaltyRuns).runs)
        elif event.type in SCORING and event.competitor_id is not None:
            self._board.play(event.period)
            between = read_if(event, BetweenBalls) if event.type == "wicket" else None
            if event.type == "ball":
                self._open(event.period, event.competitor_id).ball(event, read(event, Ball))
            elif between is not None:
                self._open(event.period, event.competitor_id).dismiss(event, between.wickets)

    def cannot(self, event: EventOp) -> str | None:
        """Why this event cannot be the next one; None where nothing speaks against it."""
        innings, ball = self._innings.get(event.period), read(event, Ball) if event.type == "ball" else None
        why = runs_of_two_kinds(ball) if ball is not None else None
        if why is not None or event.type not in ("ball", "wicket") or event.competitor_id is None or innings is None:
            return why
        if innings.batting != event.competitor_id:
            batting = self._setup.name(innings.batting)
            return f"{self._setup.name(event.competitor_id)} do not bat in innings {event.period}: {batting} do."
        between = read_if(event, BetweenBalls) if ball is None else None
        wickets = ball.wickets if ball is not None else between.wickets if between is not None else ()
        why = innings.cannot_lose(event, wickets)
        if why is not None or ball is None or ball.over is None:
            return why
        most, legal = self._config.balls_per_over, not (ball.extras.wides or ball.extras.noballs)
        if legal and innings.overs.get(ball.over, 0) >= most + MISCOUNT:
            return f"An over has {most} balls: over {ball.over + 1} has had {innings.overs[ball.over]} already."
        return None

    def _common(self, event: EventOp) -> None:
        innings = self._innings.get(event.period)
        if event.type == "period_start":
            self._start(event.period, read(event, InningsStart))
        elif event.type == "period_end" and innings is not None:
            innings.ended = True
            innings.declared |= read(event, InningsEnd).declared
        elif event.type == "score":
            self._stated(event.period, read(event, InningsScore))
        elif event.type == "match_end" and self._innings:
            par = read(event, CricketEnd).par_runs
            if par is not None:
                last = self._innings[max(self._innings)]
                last.par, last.par_at = par, last.told

    def _open(self, number: int, batting: str) -> Innings:
        if number not in self._innings:
            kind = self._board.period(number, self._kind(number)).type
            most = SUPER_OVER_WICKETS if kind == "super_over" else self._config.wickets
            innings = self._innings[number] = Innings(number, kind, batting, most)
            innings.runs = innings.awarded = self._awarded[batting]
            self._awarded[batting] = 0
            if number in self._revisions:
                self._revise(number, self._revisions.pop(number))
        return self._innings[number]

    def _start(self, number: int, start: InningsStart) -> None:
        innings = self._open(number, start.batting_id)
        innings.batting = start.batting_id
        self._restate(innings, start.target_runs)
        innings.revise(None, start.target_overs)

    def _restate(self, innings: Innings, target: int | None) -> None:
        """Take in a stated target where it is not what follows from the score anyway; feeds state either."""
        unlike = target is not None and target not in (0, self._target(innings))
        innings.target, innings.revised_at = (target, innings.told) if unlike else (None, None)

    def _revise(self, number: int, revision: Revision) -> None:
        """What a rain rule says of an innings, or, before it began, will say."""
        innings = self._innings.get(number)
        if innings is None:
            self._revisions[number] = revision
            return
        innings.revise(revision.target_runs, revision.target_overs)
        if revision.par_runs is not None:
            innings.par, innings.par_at = revision.par_runs, innings.told

    def _award(self, number: int, side: str, runs: int) -> None:
        innings = self.awarded_to(number, side)
        if innings is None:
            self._awarded[side] += runs
        else:
            innings.award(runs)

    def awarded_to(self, number: int, side: str) -> Innings | None:
        """The innings that penalty runs in innings `number` are added to; None where the side has not batted yet.

        The batting side gets them now, the other one in its most recent innings, else in its next (MCC Laws 18.6
        and 41).
        """
        mine = [of for of, one in self._innings.items() if one.batting == side and of <= number]
        return self._innings[max(mine)] if mine else None

    def _stated(self, number: int, score: InningsScore) -> None:
        """What a score-only feed says of an innings stands for all that was bowled in it."""
        if score.batting_id is None:
            return
        innings = self._open(number, score.batting_id)
        innings.batting, innings.declared, innings.totals_only = score.batting_id, score.declared, True
        innings.runs, innings.wickets = score.scores.get(score.batting_id, innings.runs), score.wickets
        self._restate(innings, score.target_runs)
        if score.overs is not None:
            whole, part = divmod(round(score.overs * 10), 10)
            innings.legal, innings.overs = whole * self._config.balls_per_over + part, {}

    def _target(self, innings: Innings) -> int | None:
        """What the side that bats last needs by the score: one more than the other has."""
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

    def target(self, innings: Innings) -> int | None:
        """What it needs to win: as a rain rule says, else by the score; None where it does not bat last."""
        return self._target(innings) if innings.target is None else innings.target

    def innings(self, number: int) -> Innings | None:
        """The innings of that number, once it has begun."""
        return self._innings.get(number)

    def _ordered(self, kind: PeriodType) -> list[Innings]:
        return [i for _, i in sorted(self._innings.items()) if i.type == kind]

    def _runs(self, kind: PeriodType = "innings") -> dict[str, int]:
        sums = dict(self._awarded) if kind == "innings" else dict.fromkeys(self._setup.ids, 0)
        for innings in self._ordered(kind):
            sums[innings.batting] += innings.runs
        for number, period in self._board.periods.items():
            if number not in self._innings and period.type == kind:
                for side, runs in period.scores.items():
                    sums[side] += runs
        return sums

    def scores(self) -> dict[str, int]:
        """Runs without those of super overs, by competitor id."""
        return self._runs()

    def displays(self) -> dict[str, str]:
        """`155/6`, all out `241`, declared `362/7d`, two innings `245 & 98/3`, a super over `241 (15/0)`.

        A side that has not batted shows a score of 0 where a feed gives totals only, else a dash.
        """
        texts = {}
        stated = self._runs()
        for side in self._setup.ids:
            text = " & ".join(i.text() for i in self._ordered("innings") if i.batting == side)
            over = ", ".join(i.text() for i in self._ordered("super_over") if i.batting == side)
            texts[side] = (text or (str(stated[side]) if stated[side] else "-")) + (f" ({over})" if over else "")
        return texts

    def folded(self, stated: Override | None = None) -> Folded:
        """The state so far, with the stated runs where the match is over and there are some."""
        board = self._board
        stated = board.in_force(stated, self.scores())
        runs = self.scores() if stated is None else dict(stated.scores)
        outcome = None
        if board.decided:
            ending = self._ending()
            computed = ending.result(board.stated) if stated is None else ending.by_totals(runs)
            outcome = board.outcome(computed)
        return Folded(
            status=board.status,
            periods=self._periods() if stated is None else [wire_period(one) for one in board.shown_periods(stated)],
            scores=runs,
            displays=self.displays() if stated is None else {side: str(n) for side, n in runs.items()},
            status_detail=board.status_text or (outcome.text if outcome else self._phase()),
            clock=self._clock(),
            outcome=outcome,
            aggregate=board.aggregate(),
            score_stated=stated is not None or None,
        )

    def _ending(self) -> Ending:
        return Ending(
            setup=self._setup,
            config=self._config,
            innings=self._ordered("innings"),
            super_overs=self._ordered("super_over"),
            runs=self._runs(),
            any_score=bool(self._board.periods),
            target=self.target,
            balls_left=self._balls_left,
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
                    target=self.target(innings),
                    balls_left=self._balls_left(innings),
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
        """`England need 12 runs from 9 balls` in a chase, `India trail by 57 runs` before it, or `Innings break`."""
        innings = self._innings.get(self._board.current)
        if self._board.status == "break":
            return "Innings break"
        if innings is None or self._board.status != "live":
            return None
        target = self.target(innings)
        if target is None:
            return self._lead(innings)
        need = target - innings.runs
        if need <= 0:
            return None
        text = f"{self._setup.name(innings.batting)} need {count(need, 'run')}"
        left = self._balls_left(innings)
        return f"{text} from {count(left, 'ball')}" if left else text

    def _balls_left(self, innings: Innings) -> int | None:
        """Of this innings; None where overs are not limited. If rain shortened the first, the second is as short."""
        allowed = innings.overs_allowed or self._shortened() or self._config.overs
        if innings.type == "super_over":
            allowed = 1
        if allowed is None:
            return None
        overs, balls = innings.bowled(self._config.balls_per_over)
        whole, part = divmod(round(allowed * 10), 10)
        return max((whole - overs) * self._config.balls_per_over + part - balls, 0)

    def _shortened(self) -> float | None:
        first = self._innings.get(1)
        return first.overs_allowed if first is not None and self._config.innings_per_side == 1 else None

    def _lead(self, innings: Innings) -> str | None:
        """Where the side at bat stands, in matches of two innings a side once both have batted."""
        if len(self._ordered("innings")) < 2 or innings.type != "innings":
            return None
        runs = self._runs()
        lead = runs[innings.batting] - runs[self._setup.opponent(innings.batting)]
        if not lead:
            return "The scores are level"
        return f"{self._setup.name(innings.batting)} {'lead' if lead > 0 else 'trail'} by {count(abs(lead), 'run')}"
