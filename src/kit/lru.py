"""Results that are kept in memory while they are asked for: lost without harm, since they follow from what is stored.

Services keep here what is dear to make anew. Nothing here knows whether a value is still right: whoever reads it
compares a version that was kept with it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class LruCache(Generic[T]):
    """The `size` values that were read or put last, by key; the one that was not used for longest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, T] = OrderedDict()

    def __len__(self) -> int:
        """The number of values."""
        return len(self._kept)

    def get(self, key: str) -> T | None:
        """The value of a key, which stays; None if there is none."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def take(self, key: str) -> T | None:
        """The value of a key, which is given away: nobody else has it."""
        return self._kept.pop(key, None)

    def put(self, key: str, value: T) -> None:
        """Keep this one under the key, in the place of another one."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
