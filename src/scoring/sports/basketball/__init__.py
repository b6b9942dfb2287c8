"""Basketball: all of the sport on the server; outside it, only what is named here is used."""

from __future__ import annotations

from scoring.sports.basketball.clock import clock_display, period_name
from scoring.sports.basketball.details import BasketballConfig
from scoring.sports.basketball.rules import Basketball

__all__ = ["Basketball", "BasketballConfig", "clock_display", "period_name"]
