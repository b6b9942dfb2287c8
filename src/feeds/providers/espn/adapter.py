"""One match of ESPN: what is asked, whose match it is, and how it stands.

Events come from `summary`; a feed whose coverage is `score` reads the much smaller `scoreboard`, as all of cricket and
tennis do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from feeds.adapter import (
    Adapter,
    Batch,
    Raw,
    Skips,
    Target,
    read_item,
    read_items,
    read_shape,
)
from feeds.outbound import FeedError, Outbound
from feeds.providers.espn import states
from feeds.providers.espn.basketball import read_basketball
from feeds.providers.espn.cricket import read_innings
from feeds.providers.espn.days import Days
from feeds.providers.espn.football import read_football
from feeds.providers.espn.shapes import (
    MAX_PERIODS,
    BoardEvent,
    Competition,
    Grouping,
    Scoreboard,
    Side,
    StatusBlock,
    Summary,
    whole,
)
from feeds.providers.espn.tennis import MAX_SETS, read_sets
from feeds.providers.writing import MAX_STATUS, Writer
from kit.errors import InvalidPayload
from scoring.model import EventOp
from scoring.sports.football import SHOOT_OUT

BASE_URL = "https://site.api.espn.com/apis/site/v2/sports"
INTERVAL_S = 10.0

_PATHS = {"football": "soccer", "basketball": "basketball", "cricket": "cricket", "tennis": "tennis"}
SCORE_ONLY = frozenset({"cricket", "tennis"})


class Espn(Adapter):
    """One match of ESPN. Option `league`: `eng.1`, `nba` and so on, as in the site's addresses."""

    provider: ClassVar[str] = "espn"

    def __init__(self, target: Target, outbound: Outbound) -> None:
        super().__init__(target, outbound)
        self._days = Days(target.scheduled, lasts=target.sport == "cricket")

    @property
    def _scores(self) -> bool:
        return self.target.coverage == "score" or self.target.sport in SCORE_ONLY

    def _path(self, what: str) -> str:
        return f"{_PATHS[self.target.sport]}/{self.target.options['league']}/{what}"

    async def fetch_snapshot(self) -> Raw | None:
        """The summary of the match, or the scoreboard of a day that has it."""
        if self._scores:
            return await self._board()
        answer = await self.outbound.get(self._path("summary"), params={"event": self.target.external_id})
        return Raw(kind="snapshot", body=answer.body, etag=answer.etag) if answer is not None else None

    async def _board(self) -> Raw | None:
        """The scoreboard that has the match; where none has it the first that there is.

        Raises:
            FeedError: There is none, or the provider is in trouble.
        """
        first: Raw | None = None
        missing: FeedError | None = None
        for text, day in self._days.candidates(self.outbound.clock.now_ms()):
            try:
                answer = await self.outbound.get(self._path("scoreboard"), params={"dates": text})
            except FeedError as error:
                if error.provider_wide:
                    raise
                missing = missing or error  # there is no such day
                continue
            if answer is None:
                return None
            raw = Raw(kind="snapshot", body=answer.body, etag=answer.etag)
            first = first or raw
            skips = Skips()
            try:
                found = self._on_board(read_shape(raw.body, Scoreboard, skips), skips)
            except InvalidPayload:
                return raw  # what cannot be read is told, not passed over
            if found is not None:
                self._days.found(day)
                return raw
        if first is None and missing is not None:
            raise missing
        return first

    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:  # noqa: ARG002 - it says all each time
        """What a summary or a scoreboard says of the match; raises `InvalidPayload`."""
        skips, writer = Skips(), Writer(self.provider, self.target)
        if self._scores:
            competition = self._on_board(read_shape(raw.body, Scoreboard, skips), skips)
            if competition is None:
                raise InvalidPayload("The match is not on the scoreboard of its day.")
            return self._batch(writer, competition, skips, events=False, complete=False)
        summary = read_shape(raw.body, Summary, skips)
        competitions = read_items(summary.header.competitions[:1], Competition, "competition", skips)
        if not competitions:
            raise InvalidPayload("The summary has no competition.")
        competition = competitions[0]
        sides = self._sides(competition, skips)
        teams = {side.team_id: self.target.side(side.home_away) for side in sides}
        if self.target.sport == "football":
            read_football(writer, self.target, summary, teams, self._stated(sides), skips)
        else:
            read_basketball(writer, self.target, summary, teams, skips)
        # An answer without any play, in a match that has begun, is one of ESPN's gaps, not a clean slate.
        plays = summary.key_events or summary.plays
        complete = isinstance(plays, list) and bool(plays)
        return self._batch(writer, competition, skips, events=True, complete=complete)

    def _on_board(self, board: Scoreboard, skips: Skips) -> Competition | None:
        wanted = self.target.external_id
        for event in read_items(board.events, BoardEvent, "scoreboard event", skips):
            if str(event.id) == wanted:
                for competition in read_items(event.competitions, Competition, "competition", skips):
                    return msgspec.structs.replace(competition, status=competition.status or event.status)
            # A tournament of tennis is one event, and each of its matches a competition of the singles or doubles.
            for grouping in read_items(event.groupings, Grouping, "grouping", skips):
                for competition in read_items(grouping.competitions, Competition, "competition", skips):
                    if str(competition.number) == wanted:
                        return competition
        return None

    def _batch(self, writer: Writer, competition: Competition, skips: Skips, *, events: bool, complete: bool) -> Batch:
        sides = self._sides(competition, skips)
        status = read_item(competition.status, StatusBlock, "status", skips)
        period = min(max(int(status.period), 0), MAX_PERIODS) if status is not None else 0
        if self.target.sport == "cricket":
            period = max([period, *read_innings(writer, self.target, sides, self._stated(sides), skips)])
        elif self.target.sport == "tennis":
            sets = read_sets(writer, self.target, sides, skips)
            period = max([min(period, MAX_SETS), *sets]) if sets else 0
        totals = self._totals(sides, period, skips) if self.target.sport not in SCORE_ONLY else {}
        if not events:
            writer.totals(totals)
        if status is None or not states.is_known(status.type, skips):
            complete = False  # how the match stands is left as it was, not withdrawn
        else:
            self._state(writer, status, period, sides, totals)
        return Batch(ops=writer.ops, complete=complete, stated=self._stated(sides), skipped=skips.counts)

    def _sides(self, competition: Competition, skips: Skips) -> list[Side]:
        sides = read_items(competition.competitors, Side, "competitor", skips)
        return [side for side in sides if self.target.side(side.home_away) is not None]

    def _stated(self, sides: list[Side]) -> dict[str, int] | None:
        return self._of_both(sides, "score")

    def _totals(self, sides: list[Side], period: int, skips: Skips) -> dict[int, dict[str, int]]:
        """The score of each period, by number and side; what the line scores lack of the whole is the last one's."""
        football = self.target.sport == "football"
        by_period: dict[int, dict[str, int]] = {}
        for side in sides:
            ours, score = self.target.side(side.home_away), whole(side.score)
            if ours is None:
                continue
            lines = self._lines(side, skips)
            missing = (score or 0) - sum(lines.values())
            if score is not None and missing > 0 and period:
                last = (min(period, 4) if football else period) if lines else 1
                lines[last] = lines.get(last, 0) + missing
            kicks = whole(side.shootout_score)
            if football and kicks is not None and period >= SHOOT_OUT:
                lines[SHOOT_OUT] = kicks
            for number, points in lines.items():
                by_period.setdefault(number, {})[ours] = points
        return by_period

    def _lines(self, side: Side, skips: Skips) -> dict[int, int]:
        if not isinstance(side.linescores, list):
            skips.note("unreadable line score")
            return {}
        lines: dict[int, int] = {}
        most = 4 if self.target.sport == "football" else MAX_PERIODS  # a shoot-out is no part of the score
        for place, line in enumerate(side.linescores[:most], 1):
            points = whole(line)
            number = line.get("period", place) if isinstance(line, dict) else place
            if points is None or not isinstance(number, int) or not 1 <= number <= most:
                skips.note("unreadable line score")
            else:
                lines[number] = points
        return lines

    def _state(
        self,
        writer: Writer,
        status: StatusBlock,
        period: int,
        sides: list[Side],
        totals: Mapping[int, Mapping[str, int]],
    ) -> None:
        """Write how the match stands; at its end with the final score and the winner as they are stated."""
        name, starts = states.name_of(status.type), self.target.sport != "cricket"
        outcome, stated = self._outcome(status, name, sides), self._stated(sides)
        legs = self._of_both(sides, "aggregate_score")
        if legs is not None:
            writer.aggregate(legs, period)
        if name in states.NOT_PLAYED:
            special = states.NOT_PLAYED[name]
            writer.progress(period, in_break=False, over=False, starts=starts)
            decided = outcome if special in ("abandoned", "cancelled") and "winnerId" in outcome else None
            writer.status(special, status.type.detail or status.type.description, period, outcome=decided)
            return
        writer.no_status()
        if status.type.state == "pre":
            return
        over = states.is_over(status.type, won=self._winner(sides) is not None)
        final = stated if over and self.target.sport not in SCORE_ONLY else None
        writer.progress(
            period, in_break=name in states.BREAKS, over=over, starts=starts, outcome=outcome, stated=final,
            periods=totals if final is not None else None,
        )  # fmt: skip

    def _winner(self, sides: list[Side]) -> str | None:
        won = [self.target.side(side.home_away) for side in sides if str(side.winner).lower() == "true"]
        return won[0] if len(won) == 1 else None

    def _outcome(self, status: StatusBlock, name: str, sides: list[Side]) -> dict[str, str]:
        """Who is stated to have won and how, which the score may not say; cricket has the whole sentence."""
        outcome: dict[str, str] = {}
        method, winner = states.METHODS.get(name), self._winner(sides)
        if method is not None:
            outcome["method"] = method
        if winner is not None:
            outcome["winnerId"] = winner
            score, legs = self._stated(sides), self._of_both(sides, "aggregate_score")
            if method is None and score is not None and legs is not None and score[winner] < max(score.values()):
                outcome["method"] = "aggregate"
        if self.target.sport == "cricket" and status.summary:
            outcome["text"] = status.summary[:MAX_STATUS]
        return outcome

    def _of_both(self, sides: list[Side], field: str) -> dict[str, int] | None:
        found = {self.target.side(side.home_away): whole(getattr(side, field)) for side in sides}
        known = {ours: score for ours, score in found.items() if ours is not None and score is not None}
        return known if len(known) == 2 else None
