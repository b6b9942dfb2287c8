"""What the rules know of a match before its first event.

`matches.storage.views` makes it from a stored match, and everything in `scoring` reads it. It never changes while
events are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Player:
    """One of a line-up; `starter` is None where the feed does not say."""

    id: str
    name: str
    starter: bool | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two competitors, as far as the rules need to know it."""

    id: str
    name: str
    lineup: tuple[Player, ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known before the first event: home (or first named) side first, and the sport's own configuration."""

    home: Side
    away: Side
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, str]:
        """Both competitors' ids, home first."""
        return (self.home.id, self.away.id)

    def name(self, competitor_id: str) -> str:
        """The name of one of the two."""
        return self.home.name if competitor_id == self.home.id else self.away.name

    def opponent(self, competitor_id: str) -> str:
        """The id of the other one."""
        return self.away.id if competitor_id == self.home.id else self.home.id
