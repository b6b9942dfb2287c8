"""Whether the database is still the one whose events this Redis has numbered; if not, a new epoch begins.

After a restore from an older copy, followers hold states with higher numbers than the database will give out next, and
would ignore what comes. In a new epoch nobody can go on where he was: every client takes a fresh snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from kit.generations import Generation
from kit.redis import RedisStore, as_text
from realtime.redis_keys import COPIES, LATEST, NOTE_DATABASE, STATE, TAILS

log = structlog.get_logger(__name__)

_FIELDS = ("generation", "progress", "outbox")
_ATTEMPTS = 5  # another worker may judge at the same time, and then all is looked at anew
_KEYS_A_ROUND = 500
_PATIENCE = 1.0  # seconds for a Redis that may be away: the database is looked at all the same


class Lineage:
    """Compares the database with what Redis knows of it.

    Args:
        advance: Counts the database one up and tells where it is; raises `Unavailable`.
        new_epoch: Makes the name of an epoch.
    """

    def __init__(
        self, store: RedisStore, advance: Callable[[], Awaitable[Generation]], new_epoch: Callable[[], str]
    ) -> None:
        self._client = store.client
        self._advance = advance
        self._new_epoch = new_epoch
        self._note = store.client.register_script(NOTE_DATABASE.text)
        self._last: Generation | None = None

    async def check(self) -> bool:
        """Note how far the database is; False when it is another one, or older, than this worker has seen before.

        A worker to which that happens holds results of the other one in its memory. Raises `Unavailable` for the
        database, and `RedisError` or TimeoutError for Redis.
        """
        same = True
        for _ in range(_ATTEMPTS):
            # Redis first: what it knows by now was committed, so a database that goes on comes out higher.
            async with asyncio.timeout(_PATIENCE):
                seen = [as_text(value) for value in await self._client.hmget(STATE, _FIELDS)]
            now = await self._advance()
            last, self._last = self._last, now
            same = same and not (last is not None and _is_before(now, last))
            parts = (now.name, now.progress, now.outbox)
            if not _contradicts(now, seen):
                async with asyncio.timeout(_PATIENCE):
                    await self._note(keys=[STATE, TAILS], args=[*parts, *seen, ""])
                return same
            await self._purge()
            if await self._note(keys=[STATE, TAILS], args=[*parts, *seen, self._new_epoch()]):
                log.warning("the database is not the one of before; a new epoch begins", known=seen, found=parts)
                await self._purge()  # what others kept meanwhile
                return same
        return same

    async def _purge(self) -> None:
        """Forget the newest values and encoded answers, which were made of the other database."""
        for pattern in (f"{LATEST}*", f"{COPIES}*"):
            async for key in self._client.scan_iter(match=pattern, count=_KEYS_A_ROUND):
                await self._client.delete(key)


def _is_before(now: Generation, last: Generation) -> bool:
    return now.name != last.name or now.progress <= last.progress or now.outbox < last.outbox


def _contradicts(now: Generation, seen: Sequence[str]) -> bool:
    """Whether Redis knows of something that this database does not have."""
    name, progress, outbox = seen
    return bool(name) and (now.name != name or now.progress <= int(progress or 0) or now.outbox < int(outbox or 0))
