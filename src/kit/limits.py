"""Rates: how often something may be done, counted together by all workers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Whose calls are counted together."""

    MEMBER = "member"
    """One person, over all connections and workers (in Redis)."""
    CONNECTION = "connection"
    """One connection (in the memory of its worker: costs nothing)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` calls in `per` seconds, after the generic cell rate algorithm: a burst, then evenly spaced."""

    limit: int
    per: float
    scope: Scope = Scope.MEMBER

    @property
    def interval(self) -> float:
        """Seconds in which one call is earned back."""
        return self.per / self.limit
