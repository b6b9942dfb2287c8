"""Believable matches of invented teams, the same for the same seed: for demos, load and trying things.

The commands, the demo and tests call it. What a seed makes must not change without need: people compare by it.
"""

from __future__ import annotations

from random import Random

from feeds.files.recording import QUALIFIERS, FileMatch, slug
from feeds.simulator.registry import SIMULATED, SIMULATIONS
from feeds.simulator.teams import FIRST, LAST, Simulation, Team
from feeds.writing import EventWriter
from kit.contracts import Instant
from kit.errors import InvalidPayload
from scoring.model import CreateMatch, NewCompetition, NewCompetitor, NewLineupPlayer, Qualifier, Sport

PROVIDER = "simulator"


def simulate(sport: Sport, *, seed: int, start: Instant) -> FileMatch:
    """A whole match.

    Args:
        sport: One of `SIMULATED`.
        seed: Teams, players and everything that happens follow from it.
        start: When it begins.

    Returns:
        The match and its events in the order in which they happen, at the pace of a real one. Football sometimes
        takes a goal back after a video review, so that corrections can be seen.

    Raises:
        InvalidPayload: The sport is not simulated.
    """
    simulation = SIMULATIONS[sport]
    if simulation is None:
        raise InvalidPayload(f"Simulated are {', '.join(SIMULATED)}, not {sport}.")
    rng = Random(f"{sport} {seed}")  # noqa: S311 - play, not secrets
    home, away = _teams(simulation, rng)
    out = EventWriter(PROVIDER, start)
    simulation.play(rng, home, away, out)
    create = CreateMatch(
        sport=sport,
        competition=NewCompetition(id=slug(simulation.competition), name=simulation.competition),
        scheduled_at=start,
        competitors=[_competitor(team, side) for team, side in zip((home, away), QUALIFIERS, strict=True)],
        venue=f"{home.name.split()[0]} Park",
        external_ids={PROVIDER: f"{sport}-{seed}-{start.ms}"},
        config=dict(simulation.config),
    )
    return FileMatch(create, out.in_time_order())


def _teams(simulation: Simulation, rng: Random) -> tuple[Team, Team]:
    size = simulation.squad
    names = [f"{rng.choice(FIRST)} {last}" for last in rng.sample(LAST, 2 * size)]
    home, away = (
        Team(slug(name), name, short, names[index * size : (index + 1) * size], simulation.starters)
        for index, (name, short) in enumerate(rng.sample(simulation.teams, 2))
    )
    return home, away


def _competitor(team: Team, side: Qualifier) -> NewCompetitor:
    return NewCompetitor(
        id=team.id,
        name=team.name,
        abbreviation=team.abbreviation,
        qualifier=side,
        lineup=[
            NewLineupPlayer(id=f"{team.id}-{slug(name)}", name=name, number=number + 1, starter=number < team.starters)
            for number, name in enumerate(team.players)
        ],
    )
