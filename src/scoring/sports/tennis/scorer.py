"""Tennis: points, games and sets, tie-breaks, and matches that end before their last point (ITF Rules 5-7, 15, 21).

It keeps the score while `scoring.projection` reads a match.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kit.contracts import convert
from scoring.model import EventOp, GameScore, MatchClock, MatchPeriod, Outcome, PeriodType
from scoring.sports.shared.board import Board, wire_period
from scoring.sports.shared.details import read
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override
from scoring.sports.tennis.details import ENDINGS, WORDS, Point, PointWord, SetScore, SetStart, TennisConfig
from scoring.sports.tennis.tie_breaks import LONG_TIE_BREAK, TIE_BREAK, whole_tie_break


def _kind(_number: int) -> PeriodType:
    """What a period of any number is."""
    return "set"


@dataclass(slots=True)
class TennisSet:
    """One set while it is scored. `tie_break` is kept once one was played; `points` are of the game that is played."""

    number: int
    games: dict[str, int]
    points: dict[str, int]
    tie_break: dict[str, int] | None = None
    winner: str | None = None


class TennisScorer:
    """Keeps the score of one match while its events are read in order (`shared.rules.Scorer`)."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), TennisConfig)
        self._board = Board(setup, _kind)
        self._sets: dict[int, TennisSet] = {}
        self._first_server: str | None = None
        self._ended_by: tuple[str, str] | None = None

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        board = self._board
        if event.type == "score":
            board.play(event.period)
            board.period(event.period, "set")
            self._absolute(self._set(event.period), read(event, SetScore))
        elif board.common(event, "set"):
            if event.type == "period_start":
                self._set(event.period)
                self._serves(read(event, SetStart).server_id)
        elif event.type == "point" and event.competitor_id is not None and not board.over:
            board.play(event.period)
            board.period(event.period, "set")
            self._serves(read(event, Point).server_id)
            self._point(self._set(event.period), event.competitor_id)
        elif event.type in ENDINGS and event.competitor_id is not None:
            self._ended_by = (event.competitor_id, event.type)
            self._end()
        if self.champion() is not None:
            self._end()

    def _end(self) -> None:
        if not self._board.over:
            self._board.status, self._board.status_text, self._board.running = "ended", None, False

    def _set(self, number: int) -> TennisSet:
        if number not in self._sets:
            none = dict.fromkeys(self._setup.ids, 0)
            self._sets[number] = TennisSet(number, dict(none), dict(none))
        return self._sets[number]

    def _ordered(self) -> list[TennisSet]:
        return [one for _, one in sorted(self._sets.items())]

    def _is_match_tie_break(self, one: TennisSet) -> bool:
        return one.number == self._config.best_of and self._config.final_set == "match_tie_break"

    def tie_break_to(self, one: TennisSet) -> int | None:
        """The points that win the tie-break which is to be played now; None in an ordinary game."""
        config, last = self._config, one.number == self._config.best_of
        if self._is_match_tie_break(one):
            return LONG_TIE_BREAK
        if set(one.games.values()) != {config.games_per_set} or (last and config.final_set == "advantage"):
            return None
        return LONG_TIE_BREAK if last and config.final_set == "tie_break_10" else TIE_BREAK

    def _point(self, one: TennisSet, winner: str) -> None:
        """A point that comes after its set is won changes nothing: an earlier one was added or corrected."""
        if one.winner is not None:
            return
        other, needed = self._setup.opponent(winner), self.tie_break_to(one)
        one.points[winner] += 1
        mine, theirs = one.points[winner], one.points[other]
        if needed is not None:
            if mine >= needed and mine - theirs >= 2:
                one.tie_break, one.winner = dict(one.points), winner
                self._game(one, winner)
        elif mine >= 4 and (mine - theirs >= 2 or not self._config.advantage):
            self._game(one, winner)
            one.winner = self._leader(one)

    def _game(self, one: TennisSet, winner: str) -> None:
        one.games[winner] += 1
        one.points = dict.fromkeys(self._setup.ids, 0)

    def _leader(self, one: TennisSet) -> str | None:
        """Who has won the set by its games: two ahead, or one ahead by a tie-break."""
        home, away = self._setup.ids
        ahead, behind = (home, away) if one.games[home] > one.games[away] else (away, home)
        most, least, due = one.games[ahead], one.games[behind], self._config.games_per_set
        open_end = one.number == self._config.best_of and self._config.final_set == "advantage"
        if most >= due and most - least >= 2:
            return ahead
        return ahead if not open_end and (most, least) == (due + 1, due) else None

    def _absolute(self, one: TennisSet, stated: SetScore) -> None:
        none = dict.fromkeys(self._setup.ids, 0)
        tie_break = None if stated.tie_break is None else none | stated.tie_break
        if self._is_match_tie_break(one):
            points = tie_break or none | stated.scores
            home, away = self._setup.ids
            ahead = home if points[home] > points[away] else away
            won = points[ahead] >= LONG_TIE_BREAK and abs(points[home] - points[away]) >= 2
            one.winner, one.tie_break = (ahead, points) if won else (None, None)
            one.games, one.points = (none | {ahead: 1}, none) if won else (none, points)
        else:
            one.games = one.games | stated.scores
            one.winner = self._leader(one)
            to_ten = one.number == self._config.best_of and self._config.final_set == "tie_break_10"
            least, lost_by = LONG_TIE_BREAK if to_ten else TIE_BREAK, self._setup.opponent
            told, won_by = stated.tie_break or {}, one.winner
            one.tie_break = whole_tie_break(told, won_by, lost_by(won_by), least) if won_by is not None else None
            words = {side: WORDS.index(word) for side, word in (stated.points or {}).items()}
            one.points = none | (words if tie_break is None else tie_break if one.winner is None else {})
        self._serves(stated.server_id)

    def _serves(self, side: str | None) -> None:
        """`side` serves now: so who served first follows, and with it every other turn."""
        if side is not None:
            self._first_server = side if self._is_first_servers_turn() else self._setup.opponent(side)

    def _is_first_servers_turn(self) -> bool:
        turns = sum(sum(one.games.values()) for one in self._sets.values())
        one = self._sets.get(self._board.current)
        if one is not None and one.winner is None and self.tie_break_to(one) is not None:
            turns += (sum(one.points.values()) + 1) // 2
        return turns % 2 == 0

    def server(self) -> str | None:
        """The side that serves the next point, where the feed has ever said."""
        if self._first_server is None or self._board.over:
            return None
        return self._first_server if self._is_first_servers_turn() else self._setup.opponent(self._first_server)

    def cannot(self, event: EventOp) -> str | None:  # noqa: ARG002 - points after the end count for nothing
        """Why this event cannot be the next one."""
        return None

    def champion(self) -> str | None:
        """Who has won the sets that a match needs."""
        needed = self._config.best_of // 2 + 1
        return next((side for side, sets in self.scores().items() if sets >= needed), None)

    def games(self) -> dict[str, int]:
        """Games won in all sets."""
        return {side: sum(one.games[side] for one in self._sets.values()) for side in self._setup.ids}

    def points(self) -> dict[str, int]:
        """Points of the game that is played."""
        one = self._sets.get(self._board.current)
        return dict(one.points) if one is not None else dict.fromkeys(self._setup.ids, 0)

    def in_tie_break(self) -> bool:
        """Whether the next point is one of a tie-break."""
        one = self._sets.get(self._board.current)
        return one is not None and one.winner is None and self.tie_break_to(one) is not None

    def scores(self) -> dict[str, int]:
        """Sets won, by competitor id."""
        return {side: sum(one.winner == side for one in self._sets.values()) for side in self._setup.ids}

    def displays(self) -> dict[str, str]:
        """A line of the scoreboard: `6 6(4) 5 · 40`, games by set and the points of the game that is played.

        The loser of a tie-break has its points in brackets. A side that has not played yet shows `0`.
        """
        game = self._game_score()
        texts = {}
        for side in self._setup.ids:
            sets = " ".join(self._cell(one, side) for one in self._shown_sets()) or "0"
            texts[side] = f"{sets} · {game.points[side]}" if game is not None and self._in_game(game) else sets
        return texts

    @staticmethod
    def _in_game(game: GameScore) -> bool:
        return set(game.points.values()) != {"0"}

    def _shown_sets(self) -> list[TennisSet]:
        """A match tie-break that is being played is a game, and no set yet."""
        return [one for one in self._ordered() if one.winner is not None or not self._is_match_tie_break(one)]

    def _cell(self, one: TennisSet, side: str) -> str:
        if one.tie_break is None:
            return str(one.games[side])
        if self._is_match_tie_break(one):
            return str(one.tie_break[side])
        lost = one.winner is not None and side != one.winner
        return f"{one.games[side]}({one.tie_break[side]})" if lost else str(one.games[side])

    def _game_score(self) -> GameScore | None:
        one = self._sets.get(self._board.current)
        if one is None or one.winner is not None or (self._board.over and not any(one.points.values())):
            return None
        tie_break = self.tie_break_to(one) is not None
        home, away = self._setup.ids
        points = {
            side: str(one.points[side]) if tie_break else _word(one.points[side], one.points[other])
            for side, other in ((home, away), (away, home))
        }
        return GameScore(points=points, tie_break=tie_break, server_id=self.server())

    def line(self, first: str) -> str:
        """The score as it is written, `first`'s side first: `6-4 6-7(4) 5-4, 40-15`, a match tie-break `[10-7]`."""
        second = self._setup.opponent(first)
        texts = []
        for one in self._shown_sets():
            text = f"{one.games[first]}-{one.games[second]}"
            if one.tie_break is not None and self._is_match_tie_break(one):
                text = f"[{one.tie_break[first]}-{one.tie_break[second]}]"
            elif one.tie_break is not None:
                text += f"({min(one.tie_break.values())})"
            texts.append(text)
        game = self._game_score()
        sets = " ".join(texts)
        if game is None or not self._in_game(game):
            return sets
        return ", ".join(filter(None, (sets, f"{game.points[first]}-{game.points[second]}")))

    def folded(self, stated: Override | None = None) -> Folded:
        """The state so far, with the stated sets where the match is over and there are some."""
        board = self._board
        stated = board.in_force(stated, self.scores())
        sets = self.scores() if stated is None else dict(stated.scores)
        periods = self._periods() if stated is None else [wire_period(one) for one in board.shown_periods(stated)]
        outcome = board.outcome(self._result(sets, stated)) if board.decided else None
        return Folded(
            status=board.status,
            periods=periods,
            scores=sets,
            displays=self.displays() if stated is None else {side: str(n) for side, n in sets.items()},
            status_detail=board.status_text or (outcome.text if outcome is not None else self._phase()),
            clock=self._match_clock(),
            outcome=outcome,
            game=None if board.over else self._game_score(),
            aggregate=board.aggregate(),
            score_stated=stated is not None or None,
        )

    def _periods(self) -> list[MatchPeriod]:
        periods = []
        for period in self._board.ordered():
            one = self._set(period.number)
            long = self._is_match_tie_break(one)
            scores = (one.tie_break or one.points) if long else one.games
            tie_break = None if long or one.tie_break is None else dict(one.tie_break)
            periods.append(MatchPeriod(number=period.number, type="set", scores=dict(scores), tie_break=tie_break))
        return periods

    def _match_clock(self) -> MatchClock | None:
        current = self._board.current
        if not current:
            return None
        return MatchClock(period=current, direction="none", running=self._board.running, display=f"Set {current}")

    def _phase(self) -> str | None:
        board = self._board
        if board.status == "break":
            return f"End of set {board.current}"
        return self.line(self._setup.home.id) or None

    def _result(self, sets: Mapping[str, int], shown: Override | None = None) -> Outcome:
        """The result by what was played, or by who did not go on: as an event tells it, or a stated method."""
        stated, (home, away) = self._board.stated, self._setup.ids
        told = self._ended_by
        if told is None and stated is not None and stated.winner_id is not None and stated.method in ENDINGS:
            told = (self._setup.opponent(stated.winner_id), str(stated.method))
        if told is not None:
            return self._cut_short(*told)
        needed = self._config.best_of // 2 + 1
        champion = next((side for side, won in sets.items() if won >= needed), None)
        winner = (stated.winner_id if stated is not None else None) or champion
        if winner is None:
            line = f"{sets[home]}-{sets[away]}" if shown is not None else self.line(home)
            return Outcome(text=" ".join(filter(None, ("No result", line))))
        loser = self._setup.opponent(winner)
        line = f"{sets[winner]}-{sets[loser]}" if shown is not None else self.line(winner)
        text = f"{self._setup.name(winner)} beat {self._setup.name(loser)} {line}".rstrip()
        return Outcome(text=text, winner_id=winner, by="sets")

    def _cut_short(self, loser: str, how: str) -> Outcome:
        winner = self._setup.opponent(loser)
        line = "" if how == "walkover" else self.line(winner)
        text = f"{self._setup.name(winner)} beat {self._setup.name(loser)} {line}".rstrip()
        method = self._board.stated.method if self._board.stated is not None else None
        return Outcome(text=f"{text} {ENDINGS[how]}", winner_id=winner, by=how, method=method)


def _word(mine: int, theirs: int) -> PointWord:
    """`0`, `15`, `30`, `40`; from 40-40 on the one who leads has `Ad`."""
    if min(mine, theirs) >= 3:
        return "Ad" if mine > theirs else "40"
    return WORDS[min(mine, 3)]
