"""Listeners of a match or a channel that come back by themselves: the documentation's client without a library."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

from tests.harness import ROOT


def example() -> ModuleType:
    """The documentation's client."""
    spec = importlib.util.spec_from_file_location("plain_client", ROOT / "docs" / "examples" / "plain_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__dict__["print"] = lambda *_: None  # it tells people what happens; a crowd of it fills a test's report
    return module


class Follower:
    """Holds what a page would show: a match folded from its snapshot and events, and a channel's chat."""

    def __init__(self, url: str, *, match_id: str = "", channel_id: str = "", **auth: Any) -> None:
        plain = example()
        self._fold = plain.Match()
        self.said: dict[str, Any] = {}
        self.match: dict[str, Any] = {}
        self.snapshots = 0
        self.resyncs = 0
        joins: list[tuple[str, dict[str, str]]] = []
        if match_id:
            joins.append(("match:join", {"matchId": match_id}))
        if channel_id:
            joins.append(("stream:join", {"channelId": channel_id}))
        self._joins = len(joins)
        self.client = plain.Client(url.replace("http", "ws"), joins, self._take, auth=auth)

    def _take(self, name: str, *data: Any) -> None:
        if name in {"match:join", "stream:join"}:
            self.snapshots += 1
        if name == "session:closing" and data[0]["code"] == "resync":
            self.resyncs += 1
        if name == "match:join":
            self.match = data[0]["match"]
        elif name == "match:updated":
            self.match = data[0]
        if name == "stream:join":
            self.said = {one["id"]: one["text"] for one in data[0]["chat"]["recent"]}
        elif name == "chat:message":
            self.said[data[0]["id"]] = data[0]["text"]
        self._fold.take(name, *data)

    @property
    def joined(self) -> bool:
        """Whether it is in all its rooms."""
        return len(self.client.joined) == self._joins

    @property
    def events(self) -> dict[str, Any]:
        """The match's events by their ids: the newest of its snapshot, and all since."""
        return dict(self._fold.events)

    @property
    def seq(self) -> int:
        """The match's newest change that it knows."""
        return int(self._fold.seq)


@asynccontextmanager
async def following(followers: Sequence[Follower]) -> AsyncIterator[Sequence[Follower]]:
    """While this lasts, they are connected, or on their way back."""
    tasks = [asyncio.create_task(one.client.run()) for one in followers]
    try:
        yield followers
    finally:
        pending = set(tasks)
        while pending:  # asyncio.wait_for of Python 3.11 may swallow a cancellation that comes with its result
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1)
        await asyncio.gather(*tasks, return_exceptions=True)
