"""Sportradar (api.sportradar.com): timelines with an ETag, the delta of live timelines, and the push stream.

Football is read event by event; of basketball the score. The key goes in a header, never in an address.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar

import msgspec

from feeds.adapter import Adapter, Batch, Raw, Skips, Target, parse_time, read_items, read_shape
from feeds.lenient import Shape
from feeds.names import event_players
from feeds.outbound import Outbound
from feeds.providers.provider import Provider
from feeds.providers.writing import Writer
from kit.contracts import convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, Method, NewEventClock, NewEventPlayer, Status
from scoring.sports.football import SHOOT_OUT, FootballConfig, minute, span

BASE_URL = "https://api.sportradar.com"
INTERVAL_S = 5.0
DELTA_WINDOW_S = 10.0
HEARTBEAT_S = 5.0
MAX_PERIODS = 20

_PATHS = {"football": ("soccer", "v4"), "basketball": ("basketball", "v2")}

_STATUSES: dict[str, Status] = {
    "postponed": "postponed",
    "cancelled": "cancelled",
    "abandoned": "abandoned",
    "suspended": "suspended",
    "interrupted": "interrupted",
    "delayed": "delayed",
    "start_delayed": "delayed",
}
_CLOSED = frozenset({"abandoned", "cancelled"})
_METHODS: dict[str, Method] = {
    "walkover": "walkover", "retired": "retirement", "defaulted": "default", "awarded": "awarded",
}  # fmt: skip
"""Ends without play, or before its end."""
_OVER = frozenset({"ended", "closed", "aet", "ap", "aot", "finished", *_METHODS})
_BEFORE = frozenset({"not_started", "match_about_to_start", "scheduled", "created", "time_tbd"})
_PLAYING = {
    "1st_half": 1, "halftime": 1, "2nd_half": 2, "awaiting_extra_time": 2, "overtime": 3, "1st_extra": 3,
    "extra_time_halftime": 3, "2nd_extra": 4, "awaiting_penalties": 4, "penalties": 5,
    "1st_quarter": 1, "2nd_quarter": 2, "3rd_quarter": 3, "4th_quarter": 4, "pause1": 1, "pause2": 2, "pause3": 3,
    "1st_pause": 1, "2nd_pause": 2, "3rd_pause": 3,
}  # fmt: skip
_BREAKS = frozenset({
    "halftime", "awaiting_extra_time", "extra_time_halftime", "awaiting_penalties", "awaiting_overtime", "pause",
    "pause1", "pause2", "pause3", "1st_pause", "2nd_pause", "3rd_pause", "break",
})  # fmt: skip
_KNOWN = frozenset({"live", "started"}) | _OVER | _BREAKS | _BEFORE | _PLAYING.keys() | _STATUSES.keys()

_TYPES = {
    "score_change": "goal",
    "yellow_card": "card",
    "red_card": "card",
    "yellow_red_card": "card",
    "substitution": "substitution",
    "corner_kick": "corner",
    "offside": "offside",
    "shot_on_target": "shot",
    "shot_off_target": "shot",
    "shot_saved": "save",
    "free_kick": "free_kick",
    "foul": "foul",
    "penalty_missed": "penalty_missed",
    "penalty_shootout": "shootout_kick",
    "video_assistant_referee": "var",
    "video_assistant_referee_over": "var",
    "injury": "injury",
    "injury_time_shown": "injury_time",
}
_IN_STATUS = frozenset({
    "match_started", "match_ended", "period_start", "period_score", "break_start", "play_stopped", "play_resumed",
    "throw_in", "goal_kick", "possible_goal", "possible_corner", "possible_card", "possible_video_assistant_referee",
})  # fmt: skip
"""Types that the status says already, or that only a betting desk follows."""

_CARDS = {"yellow_card": "yellow", "red_card": "red", "yellow_red_card": "second_yellow"}
_ROLES = {"substituted_in": "player_in", "substituted_out": "player_out"}


class _PeriodScore(Shape, frozen=True, kw_only=True):
    home_score: int
    away_score: int
    number: int | None = None
    type: str = "regular_period"


class _Status(Shape, frozen=True, kw_only=True):
    status: str = ""
    match_status: str = ""
    home_score: int | None = None
    away_score: int | None = None
    period_scores: Any = msgspec.field(default_factory=list)
    winner_id: str | None = None
    aggregate_home_score: int | None = None
    aggregate_away_score: int | None = None


class _Competitor(Shape, frozen=True, kw_only=True):
    id: str
    qualifier: str


class _SportEvent(Shape, frozen=True, kw_only=True):
    competitors: Any = msgspec.field(default_factory=list)


class _Timeline(Shape, frozen=True, kw_only=True):
    sport_event_status: _Status
    sport_event: _SportEvent = _SportEvent()
    timeline: Any = msgspec.field(default_factory=list)
    generated_at: str | None = None


class _Part(Shape, frozen=True, kw_only=True):
    id: str
    timeline: Any = msgspec.field(default_factory=list)
    sport_event_status: _Status | None = None


class _Delta(Shape, frozen=True, kw_only=True):
    sport_event_timelines: list[Any]
    generated_at: str | None = None


class _Metadata(Shape, frozen=True, kw_only=True):
    sport_event_id: str | None = None
    operation: str | None = None


class _Pushed(Shape, frozen=True, kw_only=True):
    event: Any = None
    sport_event_status: _Status | None = None


class _Line(Shape, frozen=True, kw_only=True):
    heartbeat: dict[str, Any] | None = None
    payload: _Pushed | None = None
    metadata: _Metadata = _Metadata()


class _Player(Shape, frozen=True, kw_only=True):
    id: str
    name: str | None = None
    type: str | None = None


class _Text(Shape, frozen=True, kw_only=True):
    text: str


class _Event(Shape, frozen=True, kw_only=True):
    number: str | int = msgspec.field(name="id")
    type: str
    time: str | None = None
    updated_time: str | None = None
    period: int | None = None
    period_type: str | None = None
    match_time: int | None = None
    match_clock: str | None = None
    stoppage_time_clock: str | None = None
    competitor: str | None = None
    method: str | None = None
    status: str | None = None
    outcome: str | None = None
    players: Any = msgspec.field(default_factory=list)
    commentaries: Any = msgspec.field(default_factory=list)
    deleted: bool = False

    @property
    def id(self) -> str:
        """The id, which is a number in some versions and a text in others."""
        return str(self.number)


class Sportradar(Adapter):
    """One match. Options: `access` (`trial`, `production`), `language`, `push` (`yes` opens the stream)."""

    provider: ClassVar[str] = "sportradar"
    heartbeat_s = HEARTBEAT_S

    def __init__(self, target: Target, outbound: Outbound, key: str) -> None:
        super().__init__(target, outbound)
        self._headers = {"x-api-key": key}
        self._etag: str | None = None
        self._sides: dict[str, str | None] = {}
        self._events = target.sport == "football" and target.coverage == "events"
        self.delta_window_s = DELTA_WINDOW_S if self._events else None
        self.pushes = self._events and target.options.get("push") == "yes"

    def _path(self, what: str) -> str:
        sport, version = _PATHS[self.target.sport]
        options = self.target.options
        return f"{sport}/{options.get('access', 'trial')}/{version}/{options.get('language', 'en')}/{what}"

    async def fetch_snapshot(self) -> Raw | None:
        """The timeline of the match, unless it is the one that was taken in last."""
        path = self._path(f"sport_events/{self.target.external_id}/timeline.json")
        answer = await self.outbound.get(path, headers=self._headers, etag=self._etag)
        return Raw(kind="snapshot", body=answer.body, etag=answer.etag) if answer is not None else None

    async def fetch_delta(self) -> Raw | None:
        """What changed in all live matches within the last ten seconds."""
        answer = await self.outbound.get(
            self._path("schedules/live/timelines_delta.json"), headers=self._headers
        )  # fmt: skip
        return Raw(kind="delta", body=answer.body) if answer is not None else None

    async def stream(self) -> AsyncGenerator[Raw, None]:
        """Events as they happen, with a heartbeat every five seconds; the subscription answers with a redirect."""
        sport, _ = _PATHS[self.target.sport]
        path = f"{sport}/{self.target.options.get('access', 'trial')}/stream/events/subscribe"
        params = {"sport_event_id": self.target.external_id, "format": "json"}
        async with self.outbound.lines(path, headers=self._headers, params=params) as lines:
            yield Raw(kind="connected")
            async for line in lines:
                beat = line.startswith((b'{"heartbeat"', b'{ "heartbeat"'))
                yield Raw(kind="heartbeat") if beat else Raw(kind="event", body=line)

    def accepted(self, raw: Raw) -> None:
        """From now on ask for another one only."""
        self._etag = raw.etag

    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:
        """A timeline, a delta or a pushed event; raises `InvalidPayload`."""
        skips, writer = Skips(), Writer(self.provider, self.target)
        if raw.kind == "delta":
            return self._delta(read_shape(raw.body, _Delta, skips), writer, known, skips)
        if raw.kind == "event":
            return self._pushed(read_shape(raw.body, _Line, skips), writer, known, skips)
        timeline = read_shape(raw.body, _Timeline, skips)
        if self._events:
            self._read(timeline.timeline, writer, {}, skips)
        for one in read_items(timeline.sport_event.competitors, _Competitor, "competitor", skips):
            self._sides[one.id] = self.target.side(one.qualifier)
        made = parse_time(timeline.generated_at)
        # Without a state that we know, the ends that were told are not withdrawn.
        told = self._events and isinstance(timeline.timeline, list) and bool(timeline.timeline)
        complete = told and _known(timeline.sport_event_status)
        return Batch(
            ops=self._with_status(timeline.sport_event_status, writer, skips),
            complete=complete,
            generated_ms=made.ms if made else None,
            stated=self._stated(timeline.sport_event_status),
            skipped=skips.counts,
        )

    def _delta(self, delta: _Delta, writer: Writer, known: Mapping[str, EventOp], skips: Skips) -> Batch:
        stated = None
        for part in read_items(delta.sport_event_timelines, _Part, "timeline", skips):
            if part.id == self.target.external_id:
                self._read(part.timeline, writer, known, skips)
                if part.sport_event_status is not None:
                    self._with_status(part.sport_event_status, writer, skips)
                    stated = self._stated(part.sport_event_status)
        return Batch(ops=writer.ops, stated=stated, skipped=skips.counts)

    def _pushed(self, line: _Line, writer: Writer, known: Mapping[str, EventOp], skips: Skips) -> Batch:
        if line.payload is None:
            raise InvalidPayload("The message has neither a heartbeat nor a payload.")
        if line.metadata.sport_event_id not in (None, self.target.external_id):
            return Batch(ops=[])
        event, status = line.payload.event, line.payload.sport_event_status
        if isinstance(event, dict):
            withdrawn = line.metadata.operation == "delete"
            self._read([{**event, "deleted": True} if withdrawn else event], writer, known, skips)
        if status is not None:
            self._with_status(status, writer, skips)
        return Batch(ops=writer.ops, stated=self._stated(status) if status else None, skipped=skips.counts)

    def _stated(self, status: _Status) -> dict[str, int] | None:
        if status.home_score is None or status.away_score is None:
            return None
        return {self.target.home_id: status.home_score, self.target.away_id: status.away_score}

    def _with_status(self, status: _Status, writer: Writer, skips: Skips) -> list[EventOp]:
        scores = read_items(status.period_scores, _PeriodScore, "period score", skips)
        totals = {
            self._number(one.type, one.number or place): {
                self.target.home_id: one.home_score, self.target.away_id: one.away_score,
            }
            for place, one in enumerate(scores[:MAX_PERIODS], 1)
        }  # fmt: skip
        if not self._events:
            writer.totals(totals)
        names = (status.match_status, status.status)
        special = next((_STATUSES[name] for name in names if name in _STATUSES), None)
        over, playing = any(name in _OVER for name in names), next((name for name in names if name in _PLAYING), None)
        for name in dict.fromkeys(filter(None, names)):
            if name not in _KNOWN:
                skips.note("status", name)
        period = max([_PLAYING.get(playing or "", 0), *totals, 0])
        if "ap" in names:
            period = SHOOT_OUT
        elif "aet" in names:
            period = max(period, 4)
        if not _known(status):
            return writer.ops  # how the match stands is left as it was
        if status.aggregate_home_score is not None and status.aggregate_away_score is not None:
            legs = (status.aggregate_home_score, status.aggregate_away_score)
            writer.aggregate(dict(zip((self.target.home_id, self.target.away_id), legs, strict=True)), period)
        outcome = self._outcome(status, names)
        if special is not None:
            writer.progress(period, in_break=False, over=False)
            writer.status(special, None, period, outcome=outcome if special in _CLOSED else None)
            return writer.ops
        writer.no_status()
        if period or over:
            stated, breaks = self._stated(status) if over else None, any(name in _BREAKS for name in names)
            writer.progress(
                max(period, 1), in_break=breaks, over=over, outcome=outcome, stated=stated,
                periods=totals if stated is not None else None,
            )  # fmt: skip
        return writer.ops

    def _outcome(self, status: _Status, names: tuple[str, str]) -> dict[str, str]:
        """What the score may not say: who is stated to have won, and how."""
        method = next((_METHODS[name] for name in names if name in _METHODS), None)
        winner = self._sides.get(status.winner_id or "")
        return ({"method": method} if method else {}) | ({"winnerId": winner} if winner else {})

    def _number(self, kind: str | None, number: int | None) -> int:
        if kind == "penalties":
            return SHOOT_OUT
        regular = 2 if self.target.sport == "football" else 4
        if kind == "overtime":
            # The list of periods counts through, an event within its kind.
            return number if number is not None and number > regular else regular + (number or 1)
        return number or 0

    def _read(self, items: object, writer: Writer, known: Mapping[str, EventOp], skips: Skips) -> None:
        config = convert(dict(self.target.config), FootballConfig)
        for event in read_items(items, _Event, "event", skips):
            if event.type in _IN_STATUS and not event.deleted:
                continue
            kind, side = _TYPES.get(event.type), self.target.side(event.competitor)
            if event.period_type == "penalties" and kind in ("goal", "penalty_missed"):
                kind = "shootout_kick"
            period = self._period(event)
            if kind is None or (kind in ("goal", "shootout_kick") and side is None) or not 1 <= period <= SHOOT_OUT:
                skips.note("type", event.type)
                continue
            played = _played(event, period, config)
            text = next((one.text for one in read_items(event.commentaries, _Text, "commentary", skips)), None)
            before = known.get(event.id)
            if text is None and before is not None and before.commentary:
                text = before.commentary[0].text  # deltas and the stream come without
            writer.add(
                event.id,
                kind,
                period,
                f"1{int((played or 0) * 10):08d}-{event.id:0>16}"[:100],
                text=text,
                at=parse_time(event.time),
                updated=parse_time(event.updated_time),
                clock=None
                if played is None or period == SHOOT_OUT
                else NewEventClock(display=minute(period, played, config), played_s=played),
                competitor_id=side,
                players=_players(event, kind, skips),
                detail=_detail(event, kind),
                deleted=event.deleted,
            )

    def _period(self, event: _Event) -> int:
        if event.period is not None or event.period_type == "penalties":
            return self._number(event.period_type, event.period)
        if event.period_type == "overtime":
            return 3 if (event.match_time or 0) <= 105 else 4
        return 1 if (event.match_time or 0) <= 45 else 2


def _known(status: _Status) -> bool:
    """Whether it is understood how the match stands."""
    return status.match_status in _KNOWN or status.status in _KNOWN


def _seconds(clock: str | None) -> int | None:
    minutes, colon, seconds = (clock or "").partition(":")
    return int(minutes) * 60 + int(seconds) if colon and minutes.isdigit() and seconds.isdigit() else None


def _played(event: _Event, period: int, config: FootballConfig) -> float | None:
    """Seconds into the period: the clock stands still in stoppage time, which has one of its own."""
    through = _seconds(event.match_clock)
    if through is None and event.match_time is not None:
        through = max(event.match_time - 1, 0) * 60
    if through is None:
        return None
    start, _ = span(period, config)
    return float(max(through + (_seconds(event.stoppage_time_clock) or 0) - start * 60, 0))


def _detail(event: _Event, kind: str) -> dict[str, Any]:
    if kind == "goal":
        return {"ownGoal": event.method == "own_goal", "penalty": event.method == "penalty"}
    if kind == "shootout_kick":
        scored = event.type == "score_change" or (event.status or event.outcome) in ("scored", "goal")
        return {"scored": scored}
    if kind == "card":
        return {"card": _CARDS[event.type]}
    return {}


def _players(event: _Event, kind: str, skips: Skips) -> list[NewEventPlayer]:
    people = read_items(event.players, _Player, "player", skips)
    default = {"goal": "scorer", "shot": "shooter", "shootout_kick": "shooter"}.get(kind, "player")
    return event_players((one.id, _ROLES.get(one.type or "", one.type or default), one.name) for one in people)


PROVIDER = Provider(
    name="sportradar",
    make=lambda target, access: Sportradar(target, access.outbound, access.key),
    base_url=BASE_URL,
    interval_s=INTERVAL_S,
    sports=frozenset({"football", "basketball"}),
    options=frozenset({"access", "language", "push"}),
    needs_key=True,
)
