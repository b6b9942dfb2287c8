"""The sports, one package or module each: rules that turn a match's events into its score, statistics and charts.

A sport is everything of it on the server; what several need lies in `shared`. `matches`, `feeds` and `scoring` itself
find a sport here by its name, and never compare with one. Nothing in here does input or output, or reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable

from scoring.model import Sport
from scoring.sports.basketball import Basketball
from scoring.sports.cricket import Cricket
from scoring.sports.football import Football
from scoring.sports.shared.rules import SportRules
from scoring.sports.tennis import Tennis


def _by_name(sports: Iterable[SportRules]) -> dict[Sport, SportRules]:
    return {rules.sport: rules for rules in sports}


RULES = _by_name((
    Basketball(),
    Cricket(),
    Football(),
    Tennis(),
))  # fmt: skip
"""The rules by the name of their sport: one for each literal of `scoring.model.Sport`."""
