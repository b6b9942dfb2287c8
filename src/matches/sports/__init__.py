"""The sports: pure rules that turn a match's events into its score. One file each, listed here."""

from __future__ import annotations

from matches.contracts import Sport
from matches.sports.basketball import Basketball
from matches.sports.cricket import Cricket
from matches.sports.football import Football
from matches.sports.scoring import SportRules
from matches.sports.tennis import Tennis

RULES: dict[Sport, SportRules] = {rules.sport: rules for rules in (Basketball(), Cricket(), Football(), Tennis())}
