"""Tests in here need nothing but Python: they run anywhere, quickly, and any number beside each other."""

from __future__ import annotations

import pytest

OTHER_PROGRAMS = frozenset({"shared_redis", "own_redis", "postgres", "gateway_factory"})
"""Fixtures that start a program; `gateway`, `redis_url`, `database` and the rest are made of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse what belongs to `tests/integration`, so that the quick tests stay what their folder says."""
    misplaced = {
        item.nodeid.partition("[")[0]
        for item in items
        if item.nodeid.startswith("tests/unit/") and OTHER_PROGRAMS.intersection(getattr(item, "fixturenames", ()))
    }
    if misplaced:
        raise pytest.UsageError(f"These start other programs, so they belong to tests/integration: {sorted(misplaced)}")
