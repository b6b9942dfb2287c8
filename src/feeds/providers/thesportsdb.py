"""TheSportsDB: the score of a match, from the event look-up of version 1 or 2. Its numbers are strings.

Version 1 has the key in the address, so no address is ever logged (`outbound`); version 2 has it in a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from feeds.adapter import Adapter, Batch, Raw, Skips, Target, parse_time, read_items, read_shape
from feeds.lenient import Shape
from feeds.outbound import Outbound
from feeds.providers.provider import Provider
from feeds.providers.writing import Writer, split_total
from kit.errors import InvalidPayload
from scoring.model import EventOp, Method, Sport, Status
from scoring.sports.football import SHOOT_OUT

BASE_URL = "https://www.thesportsdb.com"
INTERVAL_S = 60.0
"""Version 2 is renewed every two minutes; version 1 allows 30 questions a minute in all."""

_NOT_PLAYED: dict[str, Status] = {
    "PST": "postponed", "POST": "postponed", "POSTPONED": "postponed", "MATCH POSTPONED": "postponed",
    "CANC": "cancelled", "CANCELLED": "cancelled", "CANCELED": "cancelled", "MATCH CANCELLED": "cancelled",
    "ABD": "abandoned", "ABANDONED": "abandoned", "MATCH ABANDONED": "abandoned",
    "SUSP": "suspended", "SUSPENDED": "suspended", "MATCH SUSPENDED": "suspended",
    "INT": "interrupted", "INTR": "interrupted", "INTERRUPTED": "interrupted", "MATCH INTERRUPTED": "interrupted",
    "DELAYED": "delayed", "DELAY": "delayed",
}  # fmt: skip
_DECREED: dict[str, Method] = {
    "WO": "walkover", "W O": "walkover", "WALKOVER": "walkover", "WALK OVER": "walkover", "AWD": "awarded",
    "AW": "awarded", "AWARDED": "awarded", "TECHNICAL LOSS": "awarded", "RET": "retirement", "RETIRED": "retirement",
}  # fmt: skip
"""Ends without play: whoever has the higher score won, since nothing else says who did."""

_OVER: dict[Sport, dict[str, int]] = {
    "football": {
        "FT": 2, "MATCH FINISHED": 2, "FINISHED": 2, "ENDED": 2, "FULL TIME": 2, "AET": 4, "AFTER EXTRA TIME": 4,
        "AOT": 4, "AFTER OVER TIME": 4, "AFTER OVERTIME": 4, "PEN": SHOOT_OUT, "AP": SHOOT_OUT, "PENALTIES": SHOOT_OUT,
        "AFTER PENALTIES": SHOOT_OUT,
    },
    "basketball": {
        "FT": 4, "MATCH FINISHED": 4, "FINISHED": 4, "GAME FINISHED": 4, "ENDED": 4, "AOT": 5, "AFTER OVER TIME": 5,
        "AFTER OVERTIME": 5, "AET": 5,
    },
}  # fmt: skip
"""States of a match that is over, and the last period that was played."""
_PLAYING: dict[Sport, dict[str, int]] = {
    "football": {
        "1H": 1, "FIRST HALF": 1, "HT": 1, "HALFTIME": 1, "HALF TIME": 1, "2H": 2, "SECOND HALF": 2, "BT": 2,
        "BREAK TIME": 2, "ET": 3, "EXTRA TIME": 3, "P": SHOOT_OUT, "PENALTY IN PROGRESS": SHOOT_OUT,
    },
    "basketball": {
        "Q1": 1, "QUARTER 1": 1, "Q2": 2, "QUARTER 2": 2, "HT": 2, "HALFTIME": 2, "HALF TIME": 2, "Q3": 3,
        "QUARTER 3": 3, "Q4": 4, "QUARTER 4": 4, "OT": 5, "OVER TIME": 5, "OVERTIME": 5, "BT": 0, "BREAK TIME": 0,
    },
}  # fmt: skip
"""States of play, and the period that is played or was last; 0 where it is the one that is known."""
_LIVE = frozenset({"LIVE", "IN PLAY", "IN PROGRESS", "PLAYING"})
"""It is played, and the state does not say which period."""
_BREAKS = frozenset({"HT", "HALFTIME", "HALF TIME", "BT", "BREAK TIME"})
_BEFORE = frozenset({"", "NS", "NOT STARTED", "TBD", "TIME TO BE DEFINED"})

_MINUTE = re.compile(r"([0-9]{1,3})(?: [0-9]{1,2})?")
"""A state may also be football's minute, as `67` or `45 2` (of `45+2'`)."""
_NUMBER = re.compile(r"[0-9]{1,4}")


class _Event(Shape, frozen=True, kw_only=True):
    id: str | int = msgspec.field(name="idEvent")
    home_score: Any = msgspec.field(name="intHomeScore", default=None)
    away_score: Any = msgspec.field(name="intAwayScore", default=None)
    home_kicks: Any = msgspec.field(name="intHomeScoreExtra", default=None)
    away_kicks: Any = msgspec.field(name="intAwayScoreExtra", default=None)
    status: str | None = msgspec.field(name="strStatus", default=None)
    postponed: str | None = msgspec.field(name="strPostponed", default=None)
    updated: str | None = None


class _Answer(Shape, frozen=True, kw_only=True):
    events: list[Any] | None = None
    lookup: list[Any] | None = None
    livescore: list[Any] | None = None


class TheSportsDb(Adapter):
    """One match, its score only. Option `version`: `1` (the default) or `2`."""

    provider: ClassVar[str] = "thesportsdb"

    def __init__(self, target: Target, outbound: Outbound, key: str) -> None:
        super().__init__(target, outbound)
        self._key = key

    async def fetch_snapshot(self) -> Raw | None:
        """The match as it stands."""
        match = self.target.external_id
        if self.target.options.get("version") == "2":
            answer = await self.outbound.get(f"api/v2/json/lookup/event/{match}", headers={"X-API-KEY": self._key})
        else:
            answer = await self.outbound.get(f"api/v1/json/{self._key}/lookupevent.php", params={"id": match})
        return Raw(kind="snapshot", body=answer.body, etag=answer.etag) if answer is not None else None

    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:
        """The score by period; raises `InvalidPayload`.

        The provider states the whole score alone: what a period began with is remembered from `known`.
        """
        skips, writer = Skips(), Writer(self.provider, self.target)
        answer = read_shape(raw.body, _Answer, skips)
        events = read_items(answer.events or answer.lookup or answer.livescore or [], _Event, "event", skips)
        event = next((one for one in events if str(one.id) == self.target.external_id), None)
        if event is None:
            raise InvalidPayload("The answer does not hold the match.")
        stated = self._pair(event.home_score, event.away_score)
        self._state(writer, event, stated, known, skips)
        updated = parse_time(event.updated)
        return Batch(
            ops=writer.ops,
            generated_ms=updated.ms if updated else None,
            stated=stated,
            skipped=skips.counts,
        )

    def _state(
        self, writer: Writer, event: _Event, stated: dict[str, int] | None, known: Mapping[str, EventOp], skips: Skips
    ) -> None:
        """Write how the match stands; a state that nobody here knows is counted, and leaves it as it was."""
        name = " ".join(re.findall(r"[A-Z0-9]+", (event.status or "").upper()))
        postponed = (event.postponed or "").strip().lower() == "yes"
        special = "postponed" if postponed and name in _BEFORE else _NOT_PLAYED.get(name)
        seen = max((op.period for op in known.values() if op.type == "period_start"), default=0)
        if special is not None:
            writer.status(special, None)
            return
        over, playing = _OVER.get(self.target.sport, {}), self._playing(name, seen)
        if name in _DECREED:
            writer.no_status()
            writer.match_end(max(seen, 1), outcome=self._decreed(_DECREED[name], stated), stated=stated)
        elif name in over or (not over and name in _OVER["football"]):
            writer.no_status()
            self._play(writer, event, max(over.get(name, 1), seen), stated, known, over=True)
        elif playing is not None:
            writer.no_status()
            self._play(writer, event, playing, stated, known, in_break=name in _BREAKS)
        elif name in _BEFORE and bool(name) == bool((event.status or "").strip()):
            writer.no_status()
        else:
            skips.note("status", name or event.status or "")

    def _playing(self, name: str, seen: int) -> int | None:
        """The period that is played; None where the state is none of play."""
        table = _PLAYING.get(self.target.sport, {})
        if name in table:
            return table[name] or max(seen, 1)
        minute = _MINUTE.fullmatch(name) if self.target.sport == "football" else None
        if minute is not None:
            at = int(minute[1])
            return 1 if at <= 45 else 2 if at <= 90 else 3 if at <= 105 else 4
        return max(seen, 1) if name in _LIVE else None

    def _play(
        self, writer: Writer, event: _Event, period: int, stated: dict[str, int] | None, known: Mapping[str, EventOp],
        *, in_break: bool = False, over: bool = False,
    ) -> None:  # fmt: skip
        """Write the score by period. After penalties it is that of play, in which the shoot-out does not count."""
        football, scored = self.target.sport == "football", self.target.sport in _OVER
        if stated is not None and scored:
            writer.totals(split_total(known, min(period, 4) if football else period, stated))
        kicks = self._pair(event.home_kicks, event.away_kicks)
        if football and period == SHOOT_OUT and kicks is not None:
            writer.totals({SHOOT_OUT: kicks})
        writer.progress(period, in_break=in_break, over=over, starts=scored, stated=stated)

    def _decreed(self, method: Method, stated: dict[str, int] | None) -> dict[str, str]:
        home, away = self.target.home_id, self.target.away_id
        if stated is None or stated[home] == stated[away]:
            return {"method": method}
        return {"method": method, "winnerId": home if stated[home] > stated[away] else away}

    def _pair(self, of_home: object, of_away: object) -> dict[str, int] | None:
        home, away = str(of_home), str(of_away)  # empty or null before the match
        if not (_NUMBER.fullmatch(home) and _NUMBER.fullmatch(away)):
            return None
        return {self.target.home_id: int(home), self.target.away_id: int(away)}


PROVIDER = Provider(
    name="thesportsdb",
    make=lambda target, access: TheSportsDb(target, access.outbound, access.key),
    base_url=BASE_URL,
    interval_s=INTERVAL_S,
    sports=frozenset({"football", "basketball"}),
    options=frozenset({"version"}),
    needs_key=True,
    score_only=True,
)
