"""Cricket: innings in sequence, runs and wickets, balls that do not count, super overs after a tie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from kit.contracts import Payload, convert
from kit.errors import InvalidPayload
from matches.contracts import (
    CricketInnings,
    EventOp,
    MatchClock,
    MatchPeriod,
    NewEventPlayer,
    Outcome,
    PeriodType,
    Sport,
    StatGroup,
    StatTotal,
)
from matches.sports.scoring import AbsoluteScore, Board, Detail, Folded, PeriodStart, Setup, check_event, read
from matches.sports.tables import Names, PlayerKey, Value, columns, row, total, with_role

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
    """`targetRuns` and `targetOvers` where they do not follow from the score (a rain rule).

    `targetOvers` as people write it: 12.4 is 12 overs and 4 balls.
    """

    batting_id: str
    target_runs: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    target_overs: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None


class InningsEnd(Detail, frozen=True, kw_only=True):
    """The end of an innings."""

    declared: bool = False


class InningsScore(AbsoluteScore, frozen=True, kw_only=True):
    """The score of this innings, and what a score-only feed knows of it: `battingId` is needed for the rest.

    `overs` as people write them: 17.2 is 17 overs and 2 balls.
    """

    batting_id: str | None = None
    wickets: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    overs: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None
    declared: bool = False
    target_runs: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None


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
    "score": InningsScore,
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
    overs_allowed: float | None = None

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
                self._innings[event.period].declared |= read(event, InningsEnd).declared
            elif event.type == "score":
                self._stated(event.period, read(event, InningsScore))
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

    def _stated(self, number: int, score: InningsScore) -> None:
        """What a score-only feed says of an innings stands for all that was bowled in it."""
        if score.batting_id is None:
            return
        innings = self._open(number, score.batting_id)
        innings.batting, innings.declared = score.batting_id, score.declared
        innings.runs, innings.wickets = score.scores.get(score.batting_id, innings.runs), score.wickets
        innings.target = score.target_runs or self._target(innings)
        if score.overs is not None:
            whole, part = divmod(round(score.overs * 10), 10)
            innings.legal, innings.overs = whole * self._config.balls_per_over + part, {}

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

    def innings(self, number: int) -> Innings | None:
        """The innings of that number, once it has begun."""
        return self._innings.get(number)

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
        if innings.target is None:
            return self._lead(innings)
        need = innings.target - innings.runs
        if need <= 0:
            return None
        text = f"{self._setup.name(innings.batting)} need {_count(need, 'run')}"
        left = self._balls_left(innings)
        return f"{text} from {_count(left, 'ball')}" if left else text

    def _balls_left(self, innings: Innings) -> int | None:
        """Of this innings; None where overs are not limited."""
        allowed = 1 if innings.type == "super_over" else innings.overs_allowed or self._config.overs
        if allowed is None:
            return None
        overs, balls = innings.bowled(self._config.balls_per_over)
        whole, part = divmod(round(allowed * 10), 10)
        return max((whole - overs) * self._config.balls_per_over + part - balls, 0)

    def _lead(self, innings: Innings) -> str | None:
        """Where the side at bat stands, in matches of two innings a side once both have batted."""
        if len(self._ordered("innings")) < 2 or innings.type != "innings":
            return None
        runs = self._runs()
        lead = runs[innings.batting] - runs[self._setup.opponent(innings.batting)]
        if not lead:
            return "The scores are level"
        return f"{self._setup.name(innings.batting)} {'lead' if lead > 0 else 'trail'} by {_count(abs(lead), 'run')}"

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
        if due > 2 and not self._decided(innings, due):
            return Outcome(text="Match drawn")
        if len(innings) == 1 or not self._board.periods:
            return Outcome(text="No result")
        if runs[home] == runs[away]:
            return Outcome(text="Match tied", by="tie")
        winner = home if runs[home] > runs[away] else away
        if not innings:
            # Totals alone do not say whether the winner had wickets left or runs to spare.
            return Outcome(text=f"{self._setup.name(winner)} won", winner_id=winner)
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
        # One that was not answered decides nothing.
        runs = {i.batting: i.runs for i in overs[-2:]} if len(overs) % 2 == 0 else {}
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


BOWLERS_WICKETS = frozenset({"bowled", "caught", "caught and bowled", "lbw", "stumped", "hit wicket"})
"""Dismissals that the bowler is credited with (MCC Laws 32-36 and 39)."""

FALL = columns(wicket="Wkt", score="Score", over="Over", partnership="Stand")
BATTING = columns(runs="R", balls="B", fours="4s", sixes="6s", strikeRate="SR", dismissal="How out")
BOWLING = columns(
    overs="O", maidens="M", runs="R", wickets="W", economy="Econ", dots="0s", wides="WD", noballs="NB"
)  # fmt: skip
EXTRAS = {"byes": "b", "legbyes": "lb", "wides": "w", "noballs": "nb", "penalty": "pen"}


@dataclass(slots=True)
class Batting:
    """One batter's innings."""

    runs: int = 0
    balls: int = 0
    fours: int = 0
    sixes: int = 0
    dismissal: str = "not out"


@dataclass(slots=True)
class Bowling:
    """What one bowler did in one innings; `overs` by number: legal balls, and runs that are the bowler's."""

    legal: int = 0
    runs: int = 0
    wickets: int = 0
    dots: int = 0
    wides: int = 0
    noballs: int = 0
    overs: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Card:
    """The scorecard of one innings. `overs`: legal balls by number; `falls`: who was out when, in order."""

    innings: Innings
    batters: dict[PlayerKey, Batting] = field(default_factory=dict)
    bowlers: dict[PlayerKey, Bowling] = field(default_factory=dict)
    extras: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EXTRAS, 0))
    overs: dict[int, int] = field(default_factory=dict)
    falls: list[tuple[PlayerKey, dict[str, Value]]] = field(default_factory=list)
    last_fall: int = 0

    def ended(self, over: int, per_over: int) -> bool:
        """Whether an over is complete: it has its balls, or the umpire miscounted and the next one has begun."""
        return self.overs[over] >= per_over or over < max(self.overs)


class CricketTally:
    """The scorecards: batting, bowling and the fall of wickets of every innings, super overs too.

    A ball's players are its `batter`, `bowler` and `non_striker`, for each wicket the `player_out` followed by the
    `fielder`s who had a part in it.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), CricketConfig)
        self._scorer = CricketScorer(setup)
        self._names = Names(setup)
        self._cards: dict[int, Card] = {}

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        self._scorer.apply(event)
        innings = self._scorer.innings(event.period)
        if innings is None:
            return
        card = self._cards.setdefault(event.period, Card(innings))
        if event.type == "ball":
            self._ball(card, event, read(event, Ball))
        elif event.type == "penalty_runs":
            card.extras["penalty"] += read(event, PenaltyRuns).runs

    def _ball(self, card: Card, event: EventOp, ball: Ball) -> None:
        side = card.innings.batting
        for kind in EXTRAS:
            card.extras[kind] += getattr(ball.extras, kind)
        for player in event.players:
            if player.role in ("batter", "non_striker"):
                batting = card.batters.setdefault(self._names.key(side, player), Batting())
                batting.dismissal = "not out"  # who retired is back
                if player.role == "batter":
                    _bat(batting, ball)
        legal = not (ball.extras.wides or ball.extras.noballs)
        over = (card.innings.legal - legal) // self._config.balls_per_over if ball.over is None else ball.over
        card.overs[over] = card.overs.get(over, 0) + legal
        bowler = with_role(event, "bowler")
        if bowler is not None:
            bowling = card.bowlers.setdefault(self._names.key(self._setup.opponent(side), bowler), Bowling())
            self._bowl(bowling, ball, over)
        place = f"{over}.{card.overs[over] + (not legal)}"
        self._wickets(card, event, ball, bowler.name or bowler.id if bowler is not None else "", place)

    @staticmethod
    def _bowl(bowling: Bowling, ball: Ball, over: int) -> None:
        """Byes, leg byes and penalties are not the bowler's (MCC Laws 21-23)."""
        extras = ball.extras
        runs, legal = ball.batter_runs + extras.wides + extras.noballs, not (extras.wides or extras.noballs)
        bowling.runs += runs
        bowling.legal += legal
        bowling.dots += legal and not runs
        bowling.wides += extras.wides
        bowling.noballs += extras.noballs
        bowling.wickets += sum(wicket.kind in BOWLERS_WICKETS for wicket in ball.wickets)
        before = bowling.overs.get(over, (0, 0))
        bowling.overs[over] = (before[0] + legal, before[1] + runs)

    def _wickets(self, card: Card, event: EventOp, ball: Ball, bowler: str, place: str) -> None:
        groups: list[list[NewEventPlayer]] = []
        for player in event.players:
            if player.role == "player_out":
                groups.append([player])
            elif player.role == "fielder" and groups:
                groups[-1].append(player)
        fallen = card.innings.wickets - sum(wicket.kind not in NOT_DISMISSED for wicket in ball.wickets)
        for index, wicket in enumerate(ball.wickets):
            named = groups[index] if index < len(groups) else []
            key = self._out(card, wicket, named[0] if named else None)
            fallen += wicket.kind not in NOT_DISMISSED
            if key is None:
                continue
            helpers = "/".join(fielder.name or fielder.id for fielder in named[1:])
            card.batters.setdefault(key, Batting()).dismissal = how_out(wicket.kind, bowler, helpers)
            if wicket.kind not in NOT_DISMISSED:
                runs = card.innings.runs
                stand: dict[str, Value] = {"score": runs, "over": place, "partnership": runs - card.last_fall}
                card.falls.append((key, {"wicket": fallen} | stand))
                card.last_fall = runs

    def _out(self, card: Card, wicket: Wicket, out: NewEventPlayer | None) -> PlayerKey | None:
        """Who is out: the event's player, else the batter of that name or id."""
        if out is not None:
            return self._names.key(card.innings.batting, out)
        named = wicket.player_out
        return next((key for key in card.batters if named in (key.player_id, self._names.of(key))), None)

    def groups(self) -> list[StatGroup]:
        """The tables of each innings, in order: batting, bowling and, once one has fallen, wickets."""
        found = []
        for number, card in sorted(self._cards.items()):
            if not (card.batters or card.bowlers or any(card.extras.values())):
                continue  # of a score that is only stated there is no card
            side = card.innings.batting
            other = self._setup.opponent(side)
            found += [
                StatGroup(
                    key=f"batting.{number}",
                    title=f"{self._setup.name(side)}{self._which(number)}: batting",
                    period=number,
                    columns=BATTING,
                    rows=[row(self._names, key, _batting(one)) for key, one in card.batters.items()],
                    totals=self._totals(card),
                ),
                StatGroup(
                    key=f"bowling.{number}",
                    title=f"{self._setup.name(other)}: bowling",
                    period=number,
                    columns=BOWLING,
                    rows=[row(self._names, key, self._bowling(card, one)) for key, one in card.bowlers.items()],
                    totals=[],
                ),
            ]
            if card.falls:
                falls = [row(self._names, key, values) for key, values in card.falls]
                title = f"{self._setup.name(side)}{self._which(number)}: fall of wickets"
                found.append(
                    StatGroup(key=f"wickets.{number}", title=title, period=number, columns=FALL, rows=falls, totals=[])
                )
        return found

    def _which(self, number: int) -> str:
        card = self._cards[number]
        if card.innings.type == "super_over":
            return ", Super Over"
        if self._config.innings_per_side == 1:
            return ""
        earlier = sum(one.innings.batting == card.innings.batting for n, one in self._cards.items() if n < number)
        return ", second innings" if earlier else ", first innings"

    def _totals(self, card: Card) -> list[StatTotal]:
        innings, side = card.innings, card.innings.batting
        parts = ", ".join(f"{short} {card.extras[kind]}" for kind, short in EXTRAS.items() if card.extras[kind])
        overs = innings.overs_text(self._config.balls_per_over)
        overs += " over" if overs == "1" else " overs"
        most = SUPER_OVER_WICKETS if innings.type == "super_over" else self._config.wickets
        end = "all out" if innings.wickets >= most else _count(innings.wickets, "wicket")
        end += " declared" if innings.declared else ""
        return [
            total(self._setup, side, {"runs": sum(card.extras.values()), "dismissal": parts or "none"}, "Extras"),
            total(self._setup, side, {"runs": innings.runs, "dismissal": f"{end}, {overs}"}, "Total"),
        ]

    def _bowling(self, card: Card, one: Bowling) -> dict[str, Value]:
        """An over that nobody else had a part in is one, though the umpire miscounted it (MCC Law 17.5)."""
        per_over = self._config.balls_per_over
        whole = {
            number: runs
            for number, (legal, runs) in one.overs.items()
            if 0 < legal == card.overs[number] and card.ended(number, per_over)
        }
        overs, balls = divmod(sum(legal for n, (legal, _) in one.overs.items() if n not in whole), per_over)
        overs += len(whole)
        values: dict[str, Value] = {
            "overs": f"{overs}.{balls}" if balls else str(overs),
            "maidens": sum(not runs for runs in whole.values()),
            "runs": one.runs,
            "wickets": one.wickets,
            "dots": one.dots,
            "wides": one.wides,
            "noballs": one.noballs,
        }
        return values | ({"economy": round(one.runs * per_over / one.legal, 2)} if one.legal else {})


def _bat(batting: Batting, ball: Ball) -> None:
    """A wide is no ball faced (MCC Law 22)."""
    batting.runs += ball.batter_runs
    batting.balls += not ball.extras.wides
    batting.fours += ball.batter_runs == 4 and not ball.non_boundary
    batting.sixes += ball.batter_runs == 6 and not ball.non_boundary


def _batting(one: Batting) -> dict[str, Value]:
    values: dict[str, Value] = {
        "runs": one.runs,
        "balls": one.balls,
        "fours": one.fours,
        "sixes": one.sixes,
        "dismissal": one.dismissal,
    }
    return values | ({"strikeRate": round(one.runs * 100 / one.balls, 2)} if one.balls else {})


def how_out(kind: str, bowler: str, fielders: str) -> str:
    """A dismissal as scorecards write it.

    Args:
        kind: In cricsheet's words.
        bowler: The bowler's name.
        fielders: The names of those who had a part in it, divided by strokes; empty where they are not known.
    """
    return {
        "bowled": f"b {bowler}",
        "lbw": f"lbw b {bowler}",
        "caught": f"c {fielders or 'sub'} b {bowler}",
        "caught and bowled": f"c & b {bowler}",
        "stumped": f"st {fielders or 'sub'} b {bowler}",
        "hit wicket": f"hit wicket b {bowler}",
        "run out": f"run out ({fielders})" if fielders else "run out",
    }.get(kind, kind)


class Cricket:
    """The rules of cricket."""

    sport: Sport = "cricket"
    scoring = SCORING

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        convert(dict(setup.config), CricketConfig)

    def check(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        check_event(setup, event, DETAILS, SCORING)
        batting = None
        if event.type == "period_start":
            batting = read(event, InningsStart).batting_id
        elif event.type == "score":
            batting = read(event, InningsScore).batting_id
        if batting is not None and batting not in setup.ids:
            raise InvalidPayload(f"battingId must be one of {', '.join(setup.ids)}.")

    def begin(self, setup: Setup) -> CricketScorer:
        """A scorer before the first ball."""
        return CricketScorer(setup)

    def tally(self, setup: Setup) -> CricketTally:
        """Scorecards before the first ball."""
        return CricketTally(setup)
