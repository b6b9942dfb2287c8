from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.radio import Station, Worker, worker


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
async def radio(redis_url: str, station: Station) -> AsyncIterator[Worker]:
    async with worker(redis_url, station) as running:
        yield running


@pytest.fixture
async def second(redis_url: str, station: Station) -> AsyncIterator[Worker]:
    """Another worker on the same Redis."""
    async with worker(redis_url, station) as running:
        yield running
