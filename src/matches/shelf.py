"""Snapshots for those who come over HTTP: read once for each version of a match, whoever asks.

A page that follows the socket gets its snapshot from `kit.snapshots`, which knows from the room's events when it is
outdated. Whoever asks over HTTP may be the first here to ask for that match, so the match's row is looked at each
time; if it is at the version that is kept, nothing else is read, decoded or encoded. The offset is taken before that
look, so what is published after it is never missing from the answer.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from kit.contracts import encode_rest
from matches.contracts import MatchSnapshot

MAX_AGE = 1.0
"""Seconds: how long something that has no version, such as the age of a feed, may stay unseen."""

_MAX_KEPT = 256  # of some 30 KB each


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    began: float
    before: bytes
    after: bytes


class Shelf:
    """The encoded snapshots of this worker."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}  # the longest unread first
        self.stand_in = secrets.token_hex(16)  # for the offset; nobody can have written it into a text

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def find(self, match_id: str, version: int, offset: str) -> bytes | None:
        """The snapshot at this version as JSON, with this offset; None if it has to be read."""
        kept = self._kept.pop(match_id, None)
        if kept is None or kept.version != version or self._monotonic() - kept.began >= MAX_AGE:
            return None
        self._kept[match_id] = kept
        return kept.before + offset.encode() + kept.after

    def keep(self, snapshot: MatchSnapshot, offset: str) -> bytes:
        """Put a snapshot here that was read with `stand_in` for its offset; returns it as `find` does."""
        before, after = encode_rest(snapshot).split(self.stand_in.encode())
        self._kept.pop(snapshot.match.id, None)
        self._kept[snapshot.match.id] = _Kept(snapshot.match.version, self._monotonic(), before, after)
        while len(self._kept) > _MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        return before + offset.encode() + after
