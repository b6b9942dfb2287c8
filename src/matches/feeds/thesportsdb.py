"""TheSportsDB: the score of a match, from the event look-up of version 1 or 2. Its numbers are strings.

Version 1 has the key in the address, so no address is ever logged (`outbound`); version 2 has it in a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from kit.errors import InvalidPayload
from matches.contracts import EventOp, Status
from matches.feeds.adapter import Adapter, Batch, Raw, Shape, Skips, Target, parse_time, read_items, read_shape
from matches.feeds.outbound import Outbound
from matches.feeds.writing import Writer, split_total

BASE_URL = "https://www.thesportsdb.com"
INTERVAL_S = 60.0
"""Version 2 is renewed every two minutes; version 1 allows 30 questions a minute in all."""

_STATUSES: dict[str, Status] = {
    "PST": "postponed", "POST": "postponed", "CANC": "cancelled", "ABD": "abandoned", "AWD": "abandoned",
    "SUSP": "suspended", "INT": "interrupted", "INTR": "interrupted", "DELAYED": "delayed",
}  # fmt: skip
_PERIODS = {
    "1H": 1, "HT": 1, "2H": 2, "BT": 2, "ET": 3, "P": 5, "PEN": 5, "AP": 5, "AET": 4, "FT": 2, "MATCH FINISHED": 2,
    "Q1": 1, "Q2": 2, "Q3": 3, "Q4": 4, "OT": 5, "AOT": 5,
}  # fmt: skip
_BREAKS = frozenset({"HT", "BT"})
_OVER = frozenset({"FT", "AET", "PEN", "AP", "AOT", "MATCH FINISHED"})
_BEFORE = frozenset({"", "NS", "NOT STARTED", "TBD"})

_NUMBER = re.compile(r"[0-9]{1,4}")


class _Event(Shape, frozen=True, kw_only=True):
    id: str | int = msgspec.field(name="idEvent")
    home_score: Any = msgspec.field(name="intHomeScore", default=None)
    away_score: Any = msgspec.field(name="intAwayScore", default=None)
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
        answer = read_shape(raw.body, _Answer)
        events = read_items(answer.events or answer.lookup or answer.livescore or [], _Event, "event", skips)
        event = next((one for one in events if str(one.id) == self.target.external_id), None)
        if event is None:
            raise InvalidPayload("The answer does not hold the match.")
        name = (event.status or "").strip().upper()
        special = "postponed" if (event.postponed or "").lower() == "yes" else _STATUSES.get(name)
        period, over = self._period(name, skips), name in _OVER
        stated = self._stated(event)
        updated = parse_time(event.updated)
        if special is not None:
            writer.status(special, None)
        else:
            writer.no_status()
            if period:
                # After penalties the score is that of play, in which the shoot-out does not count.
                played = min(period, 4) if self.target.sport == "football" else period
                if stated is not None:
                    writer.totals(split_total(known, played, stated))
                writer.progress(period, in_break=name in _BREAKS, over=over)
        return Batch(
            ops=writer.ops,
            generated_ms=updated.ms if updated else None,
            stated=stated,
            skipped=skips.counts,
        )

    def _stated(self, event: _Event) -> dict[str, int] | None:
        home, away = str(event.home_score), str(event.away_score)  # empty or null before the match
        if not (_NUMBER.fullmatch(home) and _NUMBER.fullmatch(away)):
            return None
        return {self.target.home_id: int(home), self.target.away_id: int(away)}

    def _period(self, name: str, skips: Skips) -> int:
        if name in _BEFORE or name in _STATUSES:
            return 0
        if self.target.sport == "basketball" and name in ("FT", "HT", "MATCH FINISHED"):
            return 2 if name == "HT" else 4
        if name not in _PERIODS:
            skips.note("status", name)
        return _PERIODS.get(name, 0)
