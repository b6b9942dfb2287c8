"""The official JavaScript client, as npm has it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from kit.session import Role
from tests.harness import PATIENCE, ROOT, missing
from tests.live import Gateway


@pytest.mark.parametrize(
    ("transports", "workers"),
    [(None, 1), (["websocket"], 1), (["polling"], 1), (["websocket"], 2)],
    ids=["default", "websocket", "polling", "two workers"],
)
async def test_the_official_client_goes_through_a_show(
    gateway_factory: Callable[..., Gateway], transports: list[str] | None, workers: int
) -> None:
    node = shutil.which("node")
    if node is None or not (ROOT / "web/node_modules/socket.io-client").exists():
        missing("socket.io-client", "make setup")
        return
    gateway = gateway_factory(workers=workers)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel = await gateway.channel(owner)
    story = {
        "url": gateway.url,
        "channelId": channel["id"],
        "owner": owner.access,
        "fan": fan.access,
        "transports": transports,
    }
    told = await asyncio.to_thread(
        subprocess.run,
        [node, str(ROOT / "tests/integration/js/story.mjs")],
        env={"PATH": os.environ["PATH"], "STORY": json.dumps(story), "NODE_PROJECT": str(ROOT / "web/package.json")},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert (told.returncode, told.stdout.strip()) == (0, "held"), told.stderr
