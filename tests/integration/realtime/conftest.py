"""Pairs of workers on one Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.nodes import Node


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[list[Node]]:
    nodes = [await Node(redis_url).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()


@pytest.fixture
async def own_pair(own_redis: Any) -> AsyncIterator[list[Node]]:
    nodes = [await Node(own_redis.url).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()
