"""Plays a recorded or simulated match into a server, over REST, as anybody else would."""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable
from itertools import takewhile
from pathlib import Path

import msgspec

from feeds.client import MatchClient, Pacer, RealPacer, new_http
from feeds.files import read_file
from feeds.files.recording import FileMatch
from feeds.lenient import Skipped
from kit.contracts import Instant
from kit.errors import InvalidPayload
from scoring.model import EventOp, Match

BATCH = 200
"""Events in one request when many are due at once."""

MAX_FILE_BYTES = 64 * 1024 * 1024
"""The largest ball-by-ball file, of a five-day Test, has 2 MB; whole seasons stay below this."""

Echo = Callable[[str], object]


async def replay(
    path: Path,
    *,
    server: str,
    email: str,
    password: str,
    speed: float,
    channel: str | None = None,
    match_index: int | None = None,
    echo: Echo = print,
    pacer: Pacer | None = None,
) -> Match:
    """Play a file's match into a server.

    Args:
        path: A match file of any provider that `feeds` knows.
        server: The server's address, such as `http://127.0.0.1:8000`.
        email: An account with the role feed or admin.
        password: Its password.
        speed: How many times faster than it was; 0 is as fast as it goes.
        channel: The slug of a channel that shows the match; the account has to be its owner or an admin.
        match_index: Which match, where the file has several (from 0).
        echo: Where progress is written.
        pacer: Time, for tests.

    Returns:
        The match at its end.

    Raises:
        InvalidPayload: The file is none that we know, is damaged, or it is unclear which match is meant.
        Refused: The server did not accept something.
        Unavailable: The server does not answer.
    """
    skipped = Skipped()
    matches = read_file(load(path), skipped)
    if told := skipped.told():
        echo(f"{path.name}: {told}")
    return await play_into(
        choose(matches, match_index),
        server=server,
        email=email,
        password=password,
        speed=speed,
        channel=channel,
        echo=echo,
        pacer=pacer,
    )


async def play_into(
    match: FileMatch,
    *,
    server: str,
    email: str,
    password: str,
    speed: float,
    channel: str | None = None,
    echo: Echo = print,
    pacer: Pacer | None = None,
) -> Match:
    """Play any match, a simulated one too, into a server.

    Args:
        match: Which one.
        server: As of `replay`, and so are all others and what is raised.
        email: An account with the role feed or admin.
        password: Its password.
        speed: How many times faster than it was; 0 is as fast as it goes.
        channel: The slug of a channel that shows the match.
        echo: Where progress is written.
        pacer: Time, for tests.

    Returns:
        The match at its end.
    """
    pacer = pacer or RealPacer()
    async with new_http(server) as http:
        client = MatchClient(http, pacer)
        await client.log_in(email, password)
        return await play(client, match, speed=speed, channel=channel, echo=echo, pacer=pacer)


def load(path: Path) -> object:
    """A JSON file; raises `InvalidPayload`."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidPayload(f"{path.name} is larger than any match file.")
        return msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except OSError as error:
        raise InvalidPayload(f"{path.name} cannot be read: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidPayload(f"{path.name} is not one JSON text: {error}.") from None
    except RecursionError:
        raise InvalidPayload(f"{path.name} is nested too deeply.") from None


def choose(matches: list[FileMatch], index: int | None) -> FileMatch:
    """One match of a file; raises `InvalidPayload` that lists them where it is unclear which."""
    if not matches:
        raise InvalidPayload("This file has no match.")
    if index is None and len(matches) == 1:
        return matches[0]
    if index is None or not 0 <= index < len(matches):
        names = "\n".join(f"  {number:3} {title(match)}" for number, match in enumerate(matches))
        raise InvalidPayload(f"This file has {len(matches)} matches; choose one by its number:\n{names}")
    return matches[index]


def title(match: FileMatch) -> str:
    """`France v Croatia, World Cup`."""
    home, away = (competitor.name for competitor in match.create.competitors)
    return f"{home} v {away}, {match.create.competition.name}"


async def play(
    client: MatchClient, match: FileMatch, *, speed: float, channel: str | None, echo: Echo, pacer: Pacer
) -> Match:
    """Play a match as if it began now.

    An unfinished replay of the same match is taken up where it stopped; a finished one starts again as a new match.

    Args:
        client: Signed in.
        match: Which one.
        speed: How many times faster than it was; 0 is as fast as it goes.
        channel: The slug of a channel that shows it; None: none.
        echo: Where progress is written.
        pacer: Time.

    Returns:
        The match at its end.

    Raises:
        Refused: The server did not accept something.
        Unavailable: The server does not answer.
    """
    begin = pacer.now_ms()
    live = await _match(client, match, begin)
    echo(f"{title(match)}: match {live.id}, {len(match.ops)} events")
    if channel is not None:
        await client.link(channel, live.id)
    done = await _done(client, live, match.ops)
    for start in range(0, done, BATCH):
        await client.post(live.id, match.ops[start : min(start + BATCH, done)])
    await Player(lambda ops: client.post(live.id, ops), speed, echo, pacer).run(match.ops[done:])
    final = await client.match(live.id)
    echo(f"{score_line(final)}. {final.outcome.text if final.outcome else final.status}")
    return final


async def _match(client: MatchClient, match: FileMatch, begin: int) -> Match:
    new = msgspec.structs.replace(match.create, scheduled_at=Instant(begin))
    live = await client.create(new)
    if live.status not in ("ended", "closed") and (live.seq < len(match.ops) or not match.ops):
        return live
    again = {provider: f"{external[:80]}@{begin}" for provider, external in new.external_ids.items()}
    return await client.create(msgspec.structs.replace(new, external_ids=again))


async def _done(client: MatchClient, live: Match, ops: list[EventOp]) -> int:
    """How many operations the server has from an earlier try; sent again, they change nothing."""
    newest = await client.newest_event(live.id) if live.seq else None
    return next((number + 1 for number, op in enumerate(ops) if op.event_id == newest), 0)


def score_line(match: Match) -> str:
    """`England 241, New Zealand 241/8`."""
    return ", ".join(f"{side.name} {side.score_display}" for side in match.competitors)


class Player:
    """Posts events when they are due, with their times moved to now."""

    def __init__(
        self, post: Callable[[list[EventOp]], Awaitable[object]], speed: float, echo: Echo, pacer: Pacer
    ) -> None:
        self._post = post
        self._speed = speed
        self._echo = echo
        self._pacer = pacer

    async def run(self, ops: list[EventOp]) -> None:
        """Post operations when they are due, until all are posted; they are in the order of their times."""
        if not ops:
            return
        origin, begin, sent = ops[0].occurred_at.ms, self._pacer.now_ms(), 0
        while sent < len(ops):
            due = self._due(ops[sent], origin, begin)
            now = self._pacer.now_ms()
            if due > now:
                await self._pacer.wait((due - now) / 1000)
                continue
            waiting = ops[sent : sent + BATCH]
            batch = list(takewhile(lambda op: self._due(op, origin, begin) <= now, waiting))  # noqa: B023 - used at once
            moved = [self._moved(op, self._due(op, origin, begin) if self._speed else now) for op in batch]
            await self._post(moved)
            sent += len(batch)
            self._tell(batch, sent, len(ops))

    @staticmethod
    def _moved(op: EventOp, to_ms: int) -> EventOp:
        at = Instant(to_ms)
        return msgspec.structs.replace(op, occurred_at=at, provider_updated_at=at if op.provider_updated_at else None)

    def _due(self, op: EventOp, origin: int, begin: int) -> int:
        return begin + round((op.occurred_at.ms - origin) / self._speed) if self._speed else begin

    def _tell(self, batch: list[EventOp], sent: int, total: int) -> None:
        said = [line.text for op in batch for line in op.commentary]
        self._echo(f"{sent}/{total} {said[-1] if said else batch[-1].type}")
