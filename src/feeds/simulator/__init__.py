"""Believable matches of invented teams: `simulate` is all that others need, one file a sport what they are made of."""

from __future__ import annotations

from feeds.simulator.match import PROVIDER, simulate
from feeds.simulator.registry import SIMULATED

__all__ = ["PROVIDER", "SIMULATED", "simulate"]
