"""The official JavaScript client as a process, steered from a test."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import pytest

from tests.harness import PATIENCE, ROOT, missing

Told = dict[str, Any]


class OfficialClient:
    """socket.io-client in the namespace `/streaming`. `told` is everything that happened to it, in order."""

    def __init__(self, url: str, auth: dict[str, Any] | None = None, transports: Sequence[str] | None = None) -> None:
        self._story = json.dumps({"url": url, "auth": auth or {}, "transports": transports})
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.told: list[Told] = []

    async def __aenter__(self) -> Self:
        node = shutil.which("node")
        if node is None or not (ROOT / "web/node_modules/socket.io-client").exists():
            missing("socket.io-client", "make setup")
            raise AssertionError
        self._process = await asyncio.create_subprocess_exec(
            node,
            str(ROOT / "tests/integration/js/follow.mjs"),
            env={
                "PATH": os.environ["PATH"],
                "STORY": self._story,
                "NODE_PROJECT": str(ROOT / "web/package.json"),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1024 * 1024,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._reading is not None
        self._process.kill()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.told.append(json.loads(line))
            self._news.set()

    def _do(self, **command: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def hears(self, what: str, after: int = 0, matching: Callable[[Told], bool] = lambda _: True) -> Told:
        """The first such thing among `told[after:]`, as soon as it has happened."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for one in self.told[after:]:
                    if one["what"] == what and matching(one):
                        return one
                self._news.clear()
                await self._news.wait()

    async def call(self, event: str, payload: Any) -> Any:
        """The data of a positive ack."""
        before = len(self.told)
        self._do(do="call", event=event, payload=payload)
        ack = (await self.hears("ack", before))["ack"]
        if not ack["ok"]:
            pytest.fail(f"{event} was refused: {ack}")
        return ack["data"]

    def use(self, auth: dict[str, Any]) -> None:
        """What it says of itself from its next connection on."""
        self._do(do="auth", auth=auth)

    def connect(self) -> None:
        """Connect again, as a page does after an error."""
        self._do(do="connect")

    def events(self, name: str) -> list[Any]:
        return [one["data"] for one in self.told if one["what"] == "event" and one["event"] == name]
