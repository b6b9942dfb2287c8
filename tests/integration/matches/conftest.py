"""Matches of one worker, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kit.db import Database
from kit.ids import UlidGenerator
from matches.service import MatchService
from tests.support.equivalence import check_stored
from tests.support.matches_world import Hands, NoRooms
from tests.support.samples import new_service


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def rooms() -> NoRooms:
    return NoRooms()


@pytest.fixture
async def equivalent(database: Database) -> AsyncIterator[None]:
    """After the test, what is stored and what was told has to be what the events come to."""
    yield
    await check_stored(database)


@pytest.fixture
def matches(equivalent: None, database: Database, clock: Hands, rooms: NoRooms) -> MatchService:  # noqa: ARG001
    return new_service(database, rooms, clock, UlidGenerator(clock))
