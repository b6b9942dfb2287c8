"""The registry and the wire know the same sports, and each is whole."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest

import scoring
from kit.contracts import convert, encode_event
from scoring.model import Sport
from scoring.projection import fold, statistics
from scoring.sports import RULES
from scoring.sports.shared.charts import chosen
from scoring.sports.shared.details import COMMON_DETAILS
from tests.support.samples import SETUP

SPORTS: list[Sport] = list(get_args(Sport))
SOURCES = Path(scoring.__file__).parents[1]

KNOW_SPORTS = ("scoring/sports/", "scoring/model.py", "feeds/", "touchline/demo.py", "touchline/commands/")
"""Where a sport may be named: its own package, the wire, providers in their own words, and the simulator."""


def test_the_registry_and_the_wire_know_the_same_sports() -> None:
    assert set(RULES) == set(SPORTS)
    assert all(rules.sport == sport for sport, rules in RULES.items())


@pytest.mark.parametrize("sport", SPORTS)
def test_each_sport_has_all_its_parts(sport: Sport) -> None:
    rules = RULES[sport]
    rules.check_setup(SETUP)
    convert({}, rules.config)
    assert rules.scoring
    assert rules.charted.types
    assert chosen(rules.charted, ()) == []
    assert rules.scoring <= rules.details.keys() | COMMON_DETAILS.keys() | {"retirement", "default", "walkover"}
    state = fold(rules, SETUP, ()).state
    assert (state.status, set(state.scores), set(state.displays)) == ("scheduled", set(SETUP.ids), set(SETUP.ids))
    assert encode_event(state)
    assert encode_event(statistics(rules, SETUP, ()))


def test_nothing_but_the_sports_names_a_sport() -> None:
    found = []
    for file in sorted(SOURCES.rglob("*.py")):
        name = file.relative_to(SOURCES).as_posix()
        if not name.startswith(KNOW_SPORTS):
            named = [node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)]
            found += [(name, value) for value in named if value in SPORTS]
    assert found == []
