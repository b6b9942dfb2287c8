"""What an edit makes of a match's line-ups and external ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from kit.errors import InvalidPayload
from matches.models import MatchRow
from scoring.model import NewLineupPlayer

_MAX_EXTERNAL_IDS = 20
"""Providers that know one match; as many as a new one may name."""


def with_lineups(row: MatchRow, lineups: Mapping[str, list[NewLineupPlayer]]) -> list[dict[str, Any]]:
    """The competitors of a match with these line-ups, by competitor id; raises `InvalidPayload` for an unknown one."""
    if unknown := lineups.keys() - {one["id"] for one in row.competitors}:
        raise InvalidPayload(f"There is no competitor {min(unknown)!r} in this match.")
    return [
        {**one, "lineup": msgspec.to_builtins(lineups[one["id"]])} if one["id"] in lineups else one
        for one in row.competitors
    ]


def merged(present: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """External ids with these changes, where None takes one away; raises `InvalidPayload` when there are too many."""
    kept = {provider: known for provider, known in {**present, **changes}.items() if known is not None}
    if len(kept) > _MAX_EXTERNAL_IDS:
        raise InvalidPayload(f"A match has at most {_MAX_EXTERNAL_IDS} external ids.")
    return kept
