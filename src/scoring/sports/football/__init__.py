"""Football: all of the sport on the server; outside it, only what is named here is used."""

from __future__ import annotations

from scoring.sports.football.clock import SHOOT_OUT, minute, span
from scoring.sports.football.details import FootballConfig
from scoring.sports.football.rules import Football

__all__ = ["SHOOT_OUT", "Football", "FootballConfig", "minute", "span"]
