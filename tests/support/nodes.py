"""Workers on one real Redis, as far as the backplane goes: what each was told, and which rooms it was told are lost."""

from __future__ import annotations

import asyncio
from typing import Any

from kit.contracts import Policy
from kit.redis import RedisStore
from realtime.backplane import Backplane
from realtime.offsets import Envelope, Offset
from tests.harness import eventually

ROOM = "room"


class Node:
    """One worker."""

    made = 0

    def __init__(self, url: str, **options: Any) -> None:
        self.store = RedisStore(url)
        self.heard: list[Envelope] = []
        self.losses: list[frozenset[str]] = []
        self.replayed = 0
        self.backplane = Backplane(
            self.store,
            new_epoch=self._epoch,
            deliver=self._deliver,
            lost=self._lose,
            replayed=self._count,
            **options,
        )

    @classmethod
    def _epoch(cls) -> str:
        cls.made += 1
        return f"epoch{cls.made}"

    async def _deliver(self, envelope: Envelope) -> None:
        await asyncio.sleep(0)  # a fan-out that lets others run must not change the order
        self.heard.append(envelope)

    async def _lose(self, rooms: frozenset[str]) -> None:
        self.losses.append(rooms)

    def _count(self, events: int) -> None:
        self.replayed += events

    async def start(self, *rooms: str) -> Node:
        await self.backplane.start()
        for room in rooms or (ROOM,):
            await self.backplane.subscribe(room)
        return self

    async def stop(self) -> None:
        await self.backplane.stop()
        await self.store.close()

    async def publish(
        self, text: str, policy: Policy = Policy.RECOVERABLE, once: str | None = None, room: str = ROOM
    ) -> Offset:
        return await self.backplane.publish(room, "said", text.encode(), policy, once)

    @property
    def texts(self) -> list[str]:
        return [envelope.payload.decode() for envelope in self.heard]

    @property
    def recoverable(self) -> list[tuple[int, str, str]]:
        return [(one.number, one.room, one.payload.decode()) for one in self.heard if one.recoverable]

    async def hears(self, *texts: str) -> None:
        """Wait until exactly these have come."""
        await eventually(lambda: len(self.texts) >= len(texts))
        assert self.texts == list(texts)

    async def connected(self) -> None:
        await eventually(self.backplane.connected.is_set)


async def kill_subscriptions(node: Node) -> None:
    """Cut every listening connection of this Redis."""
    await node.store.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
