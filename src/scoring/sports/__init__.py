"""The sports: pure rules that turn a match's events into its score. One file each, listed here."""

from __future__ import annotations

from scoring.model import Sport
from scoring.sports.basketball import Basketball
from scoring.sports.cricket import Cricket
from scoring.sports.football import Football
from scoring.sports.scoring import SportRules
from scoring.sports.tennis import Tennis

RULES: dict[Sport, SportRules] = {rules.sport: rules for rules in (Basketball(), Cricket(), Football(), Tennis())}
