"""What tests share that is no fixture."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
PATIENCE = 60.0  # seconds; a slow and busy machine passes as well, only later


def missing(what: str, how: str) -> None:
    """A part of the suite cannot run here: skipped on a desk, an error where CI promises that everything runs."""
    message = f"{what} is missing: {how}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


async def eventually(
    condition: Callable[[], Awaitable[object]] | Callable[[], object], timeout: float = PATIENCE
) -> None:
    """Wait until a condition holds; fails with its last value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"it never came about: {value!r}")
        await asyncio.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to no outgoing connection meanwhile."""
    for _ in range(100):
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.fail("there is no free port")
