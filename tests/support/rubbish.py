"""Streams that no sane feed would send: events of every type in any order, with what does not fit in their fields."""

from __future__ import annotations

from random import Random
from typing import Any

from scoring.model import Sport
from scoring.sports.shared.setup import Player, Setup, Side

CONFIGS: dict[Sport, list[dict[str, Any]]] = {
    "football": [{}, {"halfMinutes": 1}],
    "cricket": [{}, {"overs": 1}, {"overs": 20}, {"inningsPerSide": 2}, {"ballsPerOver": 8, "wickets": 1}],
    "basketball": [{}, {"periods": 2}],
    "tennis": [{}, {"finalSet": "match_tie_break", "gamesPerSet": 4}, {"bestOf": 5, "finalSet": "advantage"}],
}
TYPES: dict[Sport, list[str]] = {
    "football": ["goal", "shootout_kick", "shot", "card", "substitution", "foul", "penalty_missed"],
    "cricket": ["ball", "ball", "ball", "penalty_runs", "review"],
    "basketball": ["shot", "free_throw", "rebound", "turnover", "foul", "substitution"],
    "tennis": ["point", "point", "point", "point", "score", "retirement", "walkover"],
}
COMMON = ["period_start", "period_end", "match_end", "status", "score", "chatter"]
ROLES = (
    "batter", "bowler", "non_striker", "player_out", "fielder", "scorer", "own_goal", "assist", "shooter", "player_in",
    "player", "offender", "rebounder", "block", "steal", "server",
)  # fmt: skip
NEEDED = {
    "shot": ["made"], "free_throw": ["made"], "period_start": ["battingId"], "score": ["scores"], "status": ["status"],
    "shootout_kick": ["scored"], "penalty_runs": ["runs"],
}  # fmt: skip


def a_setup(rng: Random, sport: Sport) -> Setup:
    red = Side("red", "Reds", (Player("a", "A", starter=True), Player("b", "B")))
    return Setup(red, Side("blue", "Blues"), rng.choice(CONFIGS[sport]))


def _fields(rng: Random) -> dict[str, Any]:
    """A value that fits for each field of a detail."""
    wickets = [[], [{"kind": "bowled", "playerOut": "a"}], [{"kind": "retired hurt"}, {"kind": "run out"}]]
    return {
        "made": rng.random() < 0.5, "points": rng.choice([2, 3]), "batterRuns": rng.choice([0, 0, 1, 4, 6]),
        "extras": rng.choice([{}, {"wides": 1}, {"noballs": 1}, {"byes": 4}]), "wickets": rng.choice(wickets),
        "over": rng.randrange(3), "nonBoundary": rng.random() < 0.1, "runs": 5, "declared": rng.random() < 0.5,
        "scores": {rng.choice(["red", "blue"]): rng.randrange(9)}, "battingId": rng.choice(["red", "blue"]),
        "targetRuns": rng.choice([None, 50, 0]),
        "outcome": rng.choice([{}, {"winnerId": "red"}, {"text": "No result"}]),
        "status": rng.choice(["live", "ended", "closed", "delayed", "abandoned"]), "text": "T", "scored": True,
        "ownGoal": rng.random() < 0.3, "card": rng.choice(["red", "yellow"]), "serverId": rng.choice(["red", "blue"]),
        "result": "ace", "tieBreak": {"red": 7, "blue": 3}, "onTarget": True, "kind": rng.choice(["technical", "off"]),
    }  # fmt: skip


def _misfit(rng: Random) -> Any:
    return rng.choice([None, True, -3, 2**70, -(2**63), 1e308, "red", "x" * 300, "\0", {}, [[]], {"red": -1}])


def event_of(rng: Random, sport: Sport, *, ids: int = 60, bad: float = 0.05) -> dict[str, Any]:
    """One event as JSON has it; `bad`: how likely something in it does not fit."""
    kind = rng.choice(TYPES[sport] * 2 + COMMON)
    fit = _fields(rng)
    names = {*rng.sample(sorted(fit), rng.randrange(6)), *NEEDED.get(kind, ())}
    detail = {name: fit[name] for name in sorted(names)}
    if kind == "score" and "wickets" in detail:
        detail["wickets"] = rng.randrange(10)
    found: dict[str, Any] = {
        "provider": rng.choice(["p", "p", "q"]), "eventId": str(rng.randrange(ids)), "type": kind,
        "period": rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 6, 0, 100] if sport != "tennis" else [1, 1, 2, 3]),
        "orderKey": f"{rng.randrange(99):02d}", "occurredAt": rng.choice([0, 1_700_000_000_000]),
        "op": rng.choice(["add", "add", "add", "update", "delete"]), "revision": rng.randrange(4),
        "competitorId": rng.choice(["red", "blue"]), "detail": detail,
    }  # fmt: skip
    if rng.random() < 0.3:
        found["providerUpdatedAt"] = rng.randrange(5) * 1000
    if rng.random() < 0.4:
        found["clock"] = {"display": "x", "playedS": rng.choice([0, 1.5, 3_000]), "remainingS": rng.choice([0, 55.5])}
    if rng.random() < 0.5:
        found["players"] = [{"id": rng.choice("abcde"), "role": rng.choice(ROLES)} for _ in range(rng.randrange(5))]
    if rng.random() < 0.1:
        found |= rng.choice([{"stated": {"red": 3}}, {"confirmation": "cancelled"}, {"confirmation": "pending"}])
    if rng.random() < bad:
        found[rng.choice(sorted(found))] = _misfit(rng)
    if rng.random() < bad and detail:
        detail[rng.choice(sorted(detail))] = _misfit(rng)
    return found
