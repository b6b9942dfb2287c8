"""Results that are kept in memory as long as they are new: lost without harm, since they follow from what is stored."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class LruCache(Generic[T]):
    """The newest `size` values by match; the one that was put longest ago goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, match_id: str) -> T | None:
        """The value of a match, which stays."""
        return self._kept.get(match_id)

    def take(self, match_id: str) -> T | None:
        """The value of a match, which is given away: nobody else has it."""
        return self._kept.pop(match_id, None)

    def put(self, match_id: str, value: T) -> None:
        """Keep this one for the match."""
        self._kept[match_id] = value
        self._kept.move_to_end(match_id)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
