"""Cricket: all of the sport on the server; outside it, only what is named here is used."""

from __future__ import annotations

from scoring.sports.cricket.rules import Cricket

__all__ = ["Cricket"]
