"""The feeds file: which provider feeds which match, in TOML, for installations that are set up by files.

```toml
[[feed]]
match = "espn:401"            # our id, or an external id as provider:id
provider = "espn"
intervalS = 10
options = { league = "eng.1" }
```

The supervisor has it applied before each look at what is configured. It changes no feed that REST configured.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import structlog

from feeds.contracts import ConfigureFeed, CreateFeed
from feeds.ports import Matches
from feeds.repository import FeedRepository
from feeds.service import MAX_FEEDS, FeedService
from kit.contracts import convert
from kit.db import Database
from kit.errors import DomainError, InvalidPayload, NotFound
from scoring.model import Match

log = structlog.get_logger(__name__)

MAX_FILE = 1024 * 1024
"""Bytes of the file: a feed needs some 200."""


def read_feeds_file(path: Path) -> list[tuple[str, ConfigureFeed]]:
    """The entries of a feeds file: the match as it is named there, and its feed.

    Raises:
        InvalidPayload: It cannot be read, or an entry is wrong; the message names the entry.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        found = tomllib.loads(raw.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidPayload(f"The feeds file cannot be read: {error}") from None
    entries = found.get("feed", [])
    if len(raw) > MAX_FILE or not isinstance(entries, list) or len(entries) > MAX_FEEDS or set(found) - {"feed"}:
        raise InvalidPayload(f"The feeds file holds up to {MAX_FEEDS} [[feed]] tables and nothing else.")
    return [_entry(number, entry) for number, entry in enumerate(entries, 1)]


def _entry(number: int, entry: Any) -> tuple[str, ConfigureFeed]:  # noqa: ANN401 - from a file
    match = entry.get("match") if isinstance(entry, dict) else None
    if not isinstance(match, str) or not match:
        raise InvalidPayload(f"Feed {number} of the feeds file needs `match`.")
    try:
        return match, convert({name: value for name, value in entry.items() if name != "match"}, ConfigureFeed)
    except InvalidPayload as error:
        raise InvalidPayload(f"Feed {number} of the feeds file: {error.message}") from None


class FeedsFile:
    """Brings the stored feeds of the origin `file` in line with the file, as often as asked.

    An entry whose match is not there yet is tried again the next time; an entry that is gone ends its feed.
    """

    def __init__(self, path: Path, *, database: Database, matches: Matches, feeds: FeedService) -> None:
        self._path = path
        self._database = database
        self._matches = matches
        self._feeds = feeds
        self._done: tuple[int, int] | None = None
        self._told: dict[int, str] = {}

    async def apply(self) -> None:
        """Read the file where it changed or something waits; what is wrong is logged once, and changes nothing."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._done:
                return
            entries = read_feeds_file(self._path)
        except (OSError, InvalidPayload) as error:
            self._tell(0, str(error))
            return
        wanted: set[str] = set()
        waits = False
        for number, (match, feed) in enumerate(entries, 1):
            try:
                wanted.add(await self._put(match, feed))
            except DomainError as error:
                waits = True
                self._tell(number, error.message)
        if not waits:
            await self._drop_others(wanted)
            self._done, self._told = stamp, {}

    def _tell(self, number: int, message: str) -> None:
        if self._told.get(number) != message:
            self._told[number] = message
            log.warning("feeds file", entry=number or None, error=message)

    async def _put(self, match: str, feed: ConfigureFeed) -> str:
        provider, colon, external = match.partition(":")
        found = await self._find(match, provider, external if colon else None)
        if found is None:
            raise InvalidPayload(f"There is no match {match} yet.")
        async with self._database.read() as tx:
            present = await FeedRepository(tx).of_match(found.id, feed.provider)
        given = {name: getattr(feed, name) for name in feed.__struct_fields__}
        if present is None:
            return (await self._feeds.create(CreateFeed(match_id=found.id, **given))).id
        if present.origin != "file":
            raise InvalidPayload(f"The feed of {match} was configured over REST, which is left alone.")
        return (await self._feeds.configure(present.id, feed)).id

    async def _find(self, match_id: str, provider: str, external_id: str | None) -> Match | None:
        if external_id is not None:
            return await self._matches.find(provider, external_id)
        try:
            return await self._matches.get(match_id)
        except NotFound:
            return None

    async def _drop_others(self, wanted: set[str]) -> None:
        async with self._database.read() as tx:
            gone = [row.id for row in await FeedRepository(tx).of_origin("file") if row.id not in wanted]
        for feed_id in gone:
            await self._feeds.remove(feed_id)
