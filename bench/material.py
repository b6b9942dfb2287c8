"""The match that is taken in: all that its provider saw, also passes and duels, which nobody reads as commentary."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec

from bench.procs import CannotMeasure
from feeds.files import read_file, wyscout
from feeds.files.recording import FileMatch, slug
from feeds.lenient import Skipped, read_entries
from feeds.simulator import simulate
from kit.contracts import Instant, convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, NewCommentary, NewEventClock, NewEventPlayer
from scoring.sports.football import minute

KICK_OFF = Instant(1_767_268_800_000)
TOUCHES = ("Simple pass", "High pass", "Ground duel", "Air duel", "Touch", "Clearance", "Acceleration", "Throw in")


def material(file: Path | None, events: int) -> FileMatch:
    """The match of a file with all of its events, or an invented one with so many; raises `CannotMeasure`."""
    if file is None:
        return _invented(events)
    try:
        raw = json.loads(file.read_bytes())
        found = read_file(raw)
    except (ValueError, InvalidPayload) as error:
        raise CannotMeasure(f"{file.name} cannot be read: {error}") from None
    if not found or not found[0].ops:
        raise CannotMeasure(f"{file.name} has no match with events.")
    return _whole(raw, found[0]) if wyscout.recognise(raw) else found[0]


def _invented(events: int) -> FileMatch:
    """A football match with touches of the ball between its events."""
    match, chance = simulate("football", seed=1, start=KICK_OFF), random.Random(1)  # noqa: S311 - play, not secrets
    begins = {op.period: op.occurred_at.ms for op in match.ops if op.type == "period_start"}
    squads = [
        (side.id, [NewEventPlayer(id=one.id, role="player", name=one.name) for one in side.lineup or []])
        for side in match.create.competitors
    ]
    touches = []
    for number in range(events - len(match.ops)):
        period, second = chance.choice(sorted(begins)), chance.uniform(1, 45 * 60)
        side, squad = chance.choice(squads)
        touches.append(
            _touch(
                match.ops[0].provider,
                f"touch.{number}",
                chance.choice(TOUCHES),
                period,
                second,
                begins[period],
                side,
                chance.choice(squad),
            )
        )
    return _together(match, touches)


def _whole(raw: object, match: FileMatch) -> FileMatch:
    """With those events of the file that our reader leaves out."""
    file = convert(raw, wyscout.WyscoutFile)
    kept = {op.event_id for op in match.ops}
    begins = {op.period: op.occurred_at.ms for op in match.ops if op.type == "period_start"}
    skipped = Skipped()
    squads = [read_entries(squad, wyscout.PlayerEntry, "player", skipped) for squad in file.players.values()]
    names = {entry.player.wy_id: entry.player.short_name for squad in squads for entry in squad if entry.player}
    touches = []
    for event in read_entries(file.events, wyscout.WyscoutEvent, "event", skipped):
        if str(event.id) in kept:
            continue
        period, side = wyscout.PERIODS[event.period], str(event.team_id)
        name = wyscout.unescape(names.get(event.player_id, "Unknown player"))
        player = NewEventPlayer(id=str(event.player_id), role="player", name=name)
        kind = event.sub_event_name or event.event_name
        touches.append(
            _touch(wyscout.PROVIDER, str(event.id), kind, period, event.second, begins[period], side, player)
        )
    return _together(match, touches)


def _touch(
    provider: str, event_id: str, kind: str, period: int, second: float, begin_ms: int, side: str,
    player: NewEventPlayer,
) -> EventOp:  # fmt: skip
    display = minute(period, second)
    return EventOp(
        provider=provider,
        event_id=event_id,
        type=f"touch_{slug(kind).replace('-', '_')}",
        period=period,
        order_key=f"1-{round(second * 1000):08d}-{event_id}",
        occurred_at=Instant(round(begin_ms + second * 1000)),
        clock=NewEventClock(display=display, played_s=round(second, 3)),
        competitor_id=side,
        players=[player],
        commentary=[NewCommentary(text=f"{display} {kind}, {player.name}")],
    )


def _together(match: FileMatch, touches: list[EventOp]) -> FileMatch:
    """In the order in which they happened; keys of one form, by which they are in that order in play too."""
    happened = sorted([*match.ops, *touches], key=lambda op: (op.period, op.occurred_at.ms, op.revision))
    keys: dict[str, str] = {}
    ops = []
    for number, op in enumerate(happened):
        key = keys.setdefault(op.event_id, f"1-{number:06d}" if op.order_key[:1] == "1" else op.order_key)
        ops.append(msgspec.structs.replace(op, order_key=key))
    return FileMatch(match.create, ops)
