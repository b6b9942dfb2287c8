"""Who takes part in a play of ESPN, for the files of its sports."""

from __future__ import annotations

from feeds.adapter import Skips, read_items
from feeds.names import event_players
from feeds.providers.espn.shapes import Athlete, Play
from scoring.model import NewEventPlayer


def players_of(play: Play, kind: str, skips: Skips) -> list[NewEventPlayer]:
    """The participants of a play in their roles, which their order says.

    Args:
        play: ESPN's.
        kind: Our type of the event, which says what the roles are.
        skips: Counts people who cannot be read.
    """
    roles = {
        "goal": ("scorer", "assist"), "card": ("player",), "substitution": ("player_in", "player_out"),
        "shot": ("shooter", "assist"), "free_throw": ("shooter",), "shootout_kick": ("shooter",),
    }.get(kind, ("player",))  # fmt: skip
    people = read_items(play.participants, Athlete, "participant", skips)
    return event_players(
        (one.athlete.id, role, one.athlete.display_name) for role, one in zip(roles, people, strict=False)
    )
