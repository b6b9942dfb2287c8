"""What tests share that is no fixture."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

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


_reserved: list[IO[str]] = []


def free_port() -> int:
    """A port that nobody listens on, and that nobody else is given until this process ends.

    The system gives it to no outgoing connection, and what is killed finds it free again: tests that run at the same
    time, in this process or another, each have their own.
    """
    directory = Path(tempfile.gettempdir()) / f"touchline-test-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True, mode=0o700)
    for _ in range(1000):
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        file = (directory / str(port)).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", port))
        except OSError:
            file.close()
            continue
        _reserved.append(file)
        return port
    pytest.fail("there is no free port")
