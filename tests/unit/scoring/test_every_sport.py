"""What every sport has to have: a name in `Sport` without one of these is told here, not by a page that answers 500."""

from __future__ import annotations

from typing import get_args

import pytest

from kit.contracts import encode_event
from matches.timeline import CHARTED, charted
from scoring.model import Sport
from scoring.projection import fold, statistics
from scoring.sports import RULES
from scoring.sports.laws import MOST, NOT_HERE
from scoring.sports.scoring import Setup, Side

SPORTS = get_args(Sport)
SETUP = Setup(home=Side("har", "Harbour"), away=Side("nor", "Northgate"))


@pytest.mark.parametrize(
    "parts", [RULES, MOST, NOT_HERE, CHARTED], ids=["rules", "highest scores", "methods that decide nothing", "charts"]
)
def test_each_sport_has_this_part(parts: dict[str, object]) -> None:
    assert set(parts) == set(SPORTS)


@pytest.mark.parametrize("sport", SPORTS)
def test_each_sport_can_be_shown_before_its_first_event(sport: Sport) -> None:
    rules = RULES[sport]
    assert rules.sport == sport
    rules.check_setup(SETUP)
    state = fold(rules, SETUP, ()).state
    assert (state.status, set(state.scores), set(state.displays)) == ("scheduled", {"har", "nor"}, {"har", "nor"})
    assert encode_event(state)
    assert encode_event(statistics(rules, SETUP, ()))
    assert charted(sport, ()) == []
    assert rules.scoring
