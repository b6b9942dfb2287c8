from __future__ import annotations

from typing import get_args

import pytest

from feeds.simulator import SIMULATED, simulate
from feeds.simulator.registry import SIMULATIONS
from kit.contracts import Instant, decode, encode_rest
from kit.errors import InvalidPayload
from scoring.model import CreateMatch, EventOp, Sport
from tests.support.samples import state_of

START = Instant(1_700_000_000_000)
SPORTS: list[Sport] = ["cricket", "football", "basketball"]


def test_every_sport_is_simulated_or_said_not_to_be() -> None:
    assert set(SIMULATIONS) == set(get_args(Sport))
    assert sorted(SIMULATED) == sorted(SPORTS)
    for sport in set(get_args(Sport)) - set(SPORTS):
        with pytest.raises(InvalidPayload, match="Simulated are"):
            simulate(sport, seed=1, start=START)


@pytest.mark.parametrize("sport", SPORTS)
def test_the_same_seed_is_the_same_match(sport: Sport) -> None:
    assert simulate(sport, seed=1, start=START) == simulate(sport, seed=1, start=START)
    assert simulate(sport, seed=1, start=START) != simulate(sport, seed=2, start=START)


@pytest.mark.parametrize("sport", SPORTS)
@pytest.mark.parametrize("seed", range(25))
def test_a_simulated_match_is_believable_and_acceptable(sport: Sport, seed: int) -> None:
    match = simulate(sport, seed=seed, start=START)
    assert decode(encode_rest(match.create), CreateMatch) == match.create
    assert decode(encode_rest(match.ops), list[EventOp]) == match.ops
    folded = state_of(match)
    assert folded.status == "ended"
    assert folded.outcome is not None
    low, high = {"cricket": (60, 260), "football": (0, 9), "basketball": (55, 150)}[sport]
    assert all(low <= score <= high for score in folded.scores.values())
    hours = (match.ops[-1].occurred_at.ms - START.ms) / 3_600_000
    assert 1.5 < hours < 4
    surnames = [player.name.split()[1] for side in match.create.competitors for player in side.lineup or []]
    assert len(set(surnames)) == len(surnames)


def test_the_words_agree_with_the_score() -> None:
    for seed in range(25):
        match = simulate("football", seed=seed, start=START)
        home, away = match.create.competitors
        folded = state_of(match)
        last = match.ops[-1].commentary[0].text
        assert last == f"Full time: {home.name} {folded.displays[home.id]}-{folded.displays[away.id]} {away.name}"


def test_some_goals_are_taken_back() -> None:
    matches = [simulate("football", seed=seed, start=START) for seed in range(40)]
    withdrawn = [op for match in matches for op in match.ops if op.op == "delete"]
    assert withdrawn
    assert all(op.type == "goal" and op.reason for op in withdrawn)
