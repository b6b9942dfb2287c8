"""Tennis: all of the sport on the server; outside it, only what is named here is used."""

from __future__ import annotations

from scoring.sports.tennis.rules import Tennis

__all__ = ["Tennis"]
