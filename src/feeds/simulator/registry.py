"""Which sports can be simulated: an entry for each sport, so that a new one is not forgotten but decided about.

A simulated sport is a file beside this one with a `SIMULATION`, and its line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from feeds.simulator import basketball, cricket, football
from feeds.simulator.teams import Simulation
from scoring.model import Sport

SIMULATIONS: Mapping[Sport, Simulation | None] = {
    "football": football.SIMULATION,
    "cricket": cricket.SIMULATION,
    "basketball": basketball.SIMULATION,
    "tennis": None,
}

SIMULATED: tuple[Sport, ...] = tuple(sport for sport, simulation in SIMULATIONS.items() if simulation is not None)
"""The sports that `simulate` takes."""
