"""Tennis: what the sides did, and the players of pairs, as tables.

`scoring.projection.statistics` reads a match through it; it has a scorer of its own, to know whose serve it is.
"""

from __future__ import annotations

from scoring.model import EventOp, StatGroup, StatRow
from scoring.sports.shared.details import read
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.tables import Counter, Value, columns, row, with_role
from scoring.sports.tennis.details import Point
from scoring.sports.tennis.scorer import TennisScorer

COLUMNS = columns(
    aces="Aces", doubleFaults="DF", pointsWon="Points", servicePoints="Service points",
    servicePointsWon="Won on serve", breaks="Breaks", gamesWon="Games", setsWon="Sets",
)  # fmt: skip


PLAYER_COLUMNS = columns(aces="Aces", doubleFaults="DF")


class TennisTally:
    """Aces, double faults, points, breaks, games and sets of each side.

    What a server did alone is also counted for the player in the role `server`, where doubles name one.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._scorer = TennisScorer(setup)
        self._counter = Counter(setup)

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        scorer, winner = self._scorer, event.competitor_id
        before, in_tie_break = scorer.games(), scorer.in_tie_break()
        counted, server = (scorer.points(), scorer.displays()), scorer.server()
        scorer.apply(event)
        if event.type != "point" or winner is None or counted == (scorer.points(), scorer.displays()):
            return
        point, count = read(event, Point), self._counter.add
        server = point.server_id or server
        count(winner, None, "pointsWon")
        if server is not None:
            count(server, None, "servicePoints", *(("servicePointsWon",) if server == winner else ()))
            if not in_tie_break and server != winner and scorer.games()[winner] > before[winner]:
                count(winner, None, "breaks")
        if point.result == "ace":
            count(winner, with_role(event, "server"), "aces")
        elif point.result == "double_fault":
            count(self._setup.opponent(winner), with_role(event, "server"), "doubleFaults")

    def groups(self) -> list[StatGroup]:
        """One table of the sides, and one of the players of pairs where events name them."""
        names, sets, games = self._counter.names, self._scorer.scores(), self._scorer.games()
        rows = []
        for side in (self._setup.home, self._setup.away):
            ours = self._counter.side(side.id)
            values: dict[str, Value] = {column.key: ours.get(column.key, 0) for column in COLUMNS}
            values |= {"gamesWon": games[side.id], "setsWon": sets[side.id]}
            rows.append(StatRow(player_id=side.id, name=side.name, competitor_id=side.id, values=values))
        found = [StatGroup(key="match", title="Match", columns=COLUMNS, rows=rows, totals=[])]
        players = [
            row(names, key, {column.key: counts.get(column.key, 0) for column in PLAYER_COLUMNS})
            for side_id in self._setup.ids
            for key, counts in self._counter.players(side_id).items()
            if key.player_id != side_id
        ]
        if players:
            found.append(StatGroup(key="players", title="Players", columns=PLAYER_COLUMNS, rows=players, totals=[]))
        return found
