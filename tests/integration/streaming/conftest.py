"""A station on both databases and a real Redis."""

from __future__ import annotations

import pytest

from kit.db import Database
from kit.redis import RedisStore
from tests.support.doubles import ManualClock
from tests.support.station import Station


@pytest.fixture
async def station(database: Database, redis: RedisStore, clock: ManualClock) -> Station:
    station = Station(database, redis, clock)
    await station.found()
    return station
