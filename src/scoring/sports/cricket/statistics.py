"""Cricket: the scorecards of batting and bowling, and the fall of wickets.

`scoring.projection.statistics` reads a match through it; it has a scorer of its own, to know the innings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from kit.contracts import convert
from scoring.model import EventOp, NewEventPlayer, StatGroup, StatTotal
from scoring.sports.cricket.details import Ball, BetweenBalls, CricketConfig, PenaltyRuns, Wicket
from scoring.sports.cricket.dismissals import BOWLERS_WICKETS, costs_wicket, how_out, known
from scoring.sports.cricket.innings import Innings
from scoring.sports.cricket.result import count
from scoring.sports.cricket.scorer import CricketScorer
from scoring.sports.shared.details import read, read_if
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.tables import Names, PlayerKey, Value, columns, row, total, with_role

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
        if event.type == "penalty_runs" and event.competitor_id is not None:
            awarded = self._scorer.awarded_to(event.period, event.competitor_id)
            if awarded is not None:
                self._card(awarded).extras["penalty"] += read(event, PenaltyRuns).runs
            return
        innings = self._scorer.innings(event.period)
        if innings is None:
            return
        card = self._card(innings)
        if event.type == "ball":
            self._ball(card, event, read(event, Ball))
        elif event.type == "wicket":
            place = innings.overs_text(self._config.balls_per_over)
            between = read_if(event, BetweenBalls)
            self._wickets(card, event, between.wickets if between is not None else (), "", place)

    def _card(self, innings: Innings) -> Card:
        if innings.number not in self._cards:
            card = self._cards[innings.number] = Card(innings)
            card.extras["penalty"] = innings.awarded
        return self._cards[innings.number]

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
        self._wickets(card, event, ball.wickets, bowler.name or bowler.id if bowler is not None else "", place)

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
        bowling.wickets += sum(known(wicket.kind) in BOWLERS_WICKETS for wicket in ball.wickets)
        before = bowling.overs.get(over, (0, 0))
        bowling.overs[over] = (before[0] + legal, before[1] + runs)

    def _wickets(self, card: Card, event: EventOp, wickets: Collection[Wicket], bowler: str, place: str) -> None:
        groups: list[list[NewEventPlayer]] = []
        for player in event.players:
            if player.role == "player_out":
                groups.append([player])
            elif player.role == "fielder" and groups:
                groups[-1].append(player)
        fallen = card.innings.wickets - sum(costs_wicket(wicket.kind) for wicket in wickets)
        for index, wicket in enumerate(wickets):
            named = groups[index] if index < len(groups) else []
            key = self._out(card, wicket, named[0] if named else None)
            fallen += costs_wicket(wicket.kind)
            if key is None:
                continue
            helpers = "/".join(fielder.name or fielder.id for fielder in named[1:])
            card.batters.setdefault(key, Batting()).dismissal = how_out(wicket.kind, bowler, helpers)
            if costs_wicket(wicket.kind):
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
        end = "all out" if innings.all_out else count(innings.wickets, "wicket")
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
