"""No worker is silently deaf: what is said on any worker is heard on every other one, soon after each fault."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from bench.stress.findings import Findings
from bench.stress.gateway import Gateway, NotServing
from bench.stress.ledger import Ledger
from bench.stress.listener import Counts, Listener
from bench.stress.publishers import Publishers
from bench.stress.wire import Address

DEAF = "no worker silently deaf"
HEAR_SECONDS = 60.0
"""In which everybody must hear again. Many times what it takes, for slow and busy machines."""
_ROUND_SECONDS = 15.0
_AGAIN_SECONDS = 0.5
_TRIES_A_WORKER = 12


class Sentries:
    """Signed-in listeners that stay, at least one on each worker. They say things, and listen for each other."""

    def __init__(
        self,
        gateway: Gateway,
        publishers: Publishers,
        *,
        accounts: Sequence[str],
        wanted: set[str],
        ledger: Ledger,
        findings: Findings,
        counts: Counts,
    ) -> None:
        self._gateway = gateway
        self._publishers = publishers
        self._accounts = accounts
        self._wanted = wanted
        self._ledger = ledger
        self._findings = findings
        self._counts = counts
        self._said = 0
        self._made = 0
        self._tasks: dict[Listener, asyncio.Task[None]] = {}

    @property
    def listeners(self) -> list[Listener]:
        """All of them."""
        return list(self._tasks)

    async def _add(self) -> None:
        account = self._accounts[self._made % len(self._accounts)]
        self._made += 1
        listener = Listener(
            f"sentry-{self._made:02d}",
            transport="websocket",
            address=Address(self._gateway.port),
            wanted=set(self._wanted),
            chance=random.Random(self._made),  # noqa: S311 - jitter
            ledger=self._ledger,
            findings=self._findings,
            counts=self._counts,
            token=await self._gateway.token(account),
        )
        self._tasks[listener] = asyncio.create_task(listener.live(), name=listener.name)

    async def stop(self) -> None:
        """All leave."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def _by_worker(self) -> dict[int, Listener]:
        holders = self._gateway.holders()
        found: dict[int, Listener] = {}
        for listener in self.listeners:
            if listener.settled and (pid := holders.get(listener.port, 0)):
                found.setdefault(pid, listener)
        return found

    async def cover(self) -> dict[int, Listener]:
        """One joined sentry on each worker: those that are there come to one by chance, and others are added."""
        deadline = time.monotonic() + HEAR_SECONDS
        while True:
            by_worker = self._by_worker()
            if by_worker.keys() >= set(self._gateway.pids()) and len(by_worker) >= self._gateway.workers:
                return by_worker
            if time.monotonic() > deadline:
                return by_worker
            if all(listener.settled for listener in self.listeners):
                if len(self._tasks) < _TRIES_A_WORKER * self._gateway.workers:
                    await self._add()
                else:
                    # They keep their places: somebody else moves until each worker has one.
                    held = set(by_worker.values())
                    next(one for one in self.listeners if one not in held).reset()
            await asyncio.sleep(0.1)

    async def all_hear(self, after: str) -> float | None:
        """Say something on each worker, and wait until it is heard on each.

        Returns:
            The seconds that took; None when that has no end.
        """
        began = time.monotonic()
        try:
            await self._gateway.complete()
        except NotServing as error:
            self._findings.add(DEAF, f"after {after}", str(error)[:400])
            return None
        heard: dict[int, set[int]] = {}
        while time.monotonic() - began < HEAR_SECONDS:
            by_worker = await self.cover()
            for pid in set(self._gateway.pids()) - by_worker.keys():
                heard[pid] = set()
            if by_worker and await self._round(by_worker, heard):
                return time.monotonic() - began
        deaf = {pid: sorted(set(self._gateway.pids()) - ears) for pid, ears in heard.items()}
        self._findings.add(
            DEAF, f"after {after}",
            f"{HEAR_SECONDS:.0f} s after it, what was said on a worker is not heard on: {deaf or 'any: none can join'}",
        )  # fmt: skip
        return None

    async def _round(self, by_worker: dict[int, Listener], heard: dict[int, set[int]]) -> bool:
        channel = next(room for room in sorted(self._wanted) if room.startswith("channel:")).partition(":")[2]
        said: dict[int, str] = {}
        deadline = time.monotonic() + _ROUND_SECONDS
        while time.monotonic() < deadline:
            if not all(listener.online for listener in by_worker.values()):
                return False
            for pid in by_worker.keys() - said.keys():
                self._said += 1
                mark = f"sentry-{self._said}"
                identity = await self._publishers.say(by_worker[pid].call, channel, mark, mark)
                if identity is not None:
                    said[pid] = identity
                else:
                    await asyncio.sleep(_AGAIN_SECONDS)  # Redis is away for it still, or its account said too much
            for pid, identity in said.items():
                heard[pid] = {at for at, one in by_worker.items() if _has(one, channel, identity)}
            if said.keys() == by_worker.keys() and all(heard[pid] == set(by_worker) for pid in said):
                return set(by_worker) == set(self._gateway.pids())
            await asyncio.sleep(0.02)
        return False


def _has(listener: Listener, channel: str, identity: str) -> bool:
    page = listener.pages.get(f"channel:{channel}")
    return page is not None and any(one["id"] == identity for one in page.state["chat"]["recent"])  # type: ignore[union-attr]
