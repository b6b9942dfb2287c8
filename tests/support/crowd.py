"""A crowd of official JavaScript clients, in one process of Node."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.harness import PATIENCE, ROOT, missing


@asynccontextmanager
async def crowd(url: str, channel_id: str, fan: str, **more: Any) -> AsyncIterator[None]:
    """Official JavaScript clients, all of which have joined and heard something; at the end they hear more."""
    node = shutil.which("node")
    if node is None or not (ROOT / "web/node_modules/socket.io-client").exists():
        missing("socket.io-client", "make setup")
        return
    story = {"url": url, "channelId": channel_id, "fan": fan, **more}
    process = await asyncio.to_thread(
        subprocess.Popen,
        [node, str(ROOT / "tests/integration/js/crowd.mjs")],
        env={"PATH": os.environ["PATH"], "STORY": json.dumps(story), "NODE_PROJECT": str(ROOT / "web/package.json")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    try:
        await says(process, "joined")
        yield
        process.stdin.write("\n")
        process.stdin.flush()
        await says(process, "held")
    finally:
        process.kill()
        process.communicate()


async def says(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), 3 * PATIENCE)
    if line.strip() != word:
        process.kill()
        pytest.fail(f"{line!r} instead of {word}: {process.stderr.read()}")
