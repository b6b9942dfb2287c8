"""Listeners and live state in Redis: who listens to which channel, reactions, what waits to be published.

All of streaming's services share one `StreamManager` a worker. It counts and notes; what follows from it is theirs to
decide and to publish.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import structlog
from redis.asyncio.client import Pipeline

from kit.leases import Nodes
from kit.lua import Script
from kit.redis import RedisStore, as_text
from kit.session import Role, Session
from streaming.audience import Audience, channels_of
from streaming.contracts import InteractionCounts, ListenerCount
from streaming.count_throttle import CountThrottle
from streaming.presence import Presence

log = structlog.get_logger(__name__)

Interaction = Literal["like", "favorite", "share", "reaction"]

_TICK_BATCH = 1_000  # channels whose counts go out in one round; the others follow in the next
_INTERACTION_SECONDS = 7 * 24 * 3600  # no show is longer; afterwards the counts have no reader
_FIELDS = {"like": "likes", "favorite": "favorites", "share": "shares", "reaction": "reactions"}

_DIRTY_LISTENERS = "streaming:dirty:listeners"
_DIRTY_INTERACTIONS = "streaming:dirty:interactions"
_DIRTY_ACTIVE = "streaming:dirty:active"
_LAST_COUNTS = "streaming:counts"
_SWEPT = "streaming:swept"
_NOBODY = "0/0/0"
_MIXED = "?"
"""In the place of the numbers published last: not everybody has the same."""

_COUNT_INTERACTION = Script("streaming", "interaction_count")
_NOTE_PUBLISHED = Script("streaming", "listeners_published")
_TAKE_RECENT = Script("streaming", "interactions_take")


def user_group(user_id: str) -> str:
    """The presence group of a user's connections."""
    return f"user:{user_id}"


def _shown(count: ListenerCount) -> str:
    return f"{count.count}/{count.unique}/{count.watching}"


async def mark_active_changed(store: RedisStore) -> None:
    """Have the list of streams on air published anew."""
    await store.client.set(_DIRTY_ACTIVE, b"1")


class StreamManager:
    """The shared state of all workers that lives as long as the listeners do."""

    def __init__(self, store: RedisStore, nodes: Nodes, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._throttle = CountThrottle()
        self._store = store
        self._redis = store.client
        self._nodes = nodes
        self._presence = Presence(store, nodes.node_id, enlist=nodes.enlist, settled=self._mark)
        self.audience = Audience(self._presence)
        self._interact = store.client.register_script(_COUNT_INTERACTION.text)
        self._take_recent = store.client.register_script(_TAKE_RECENT.text)
        self._published = store.client.register_script(_NOTE_PUBLISHED.text)
        self._compared: dict[str, str] = {}  # of the channels that are being published

    # Listeners

    def join(self, channel_id: str, connection_id: str, member: str) -> None:
        """Count a page as watching, or as a listener once it has sound; a second time changes nothing.

        Held by this worker at once, and in the numbers of all within the next batch (see `presence`).

        Args:
            channel_id: Whose room.
            connection_id: The page's connection.
            member: The person behind it.
        """
        self.audience.page_opened(channel_id, connection_id, member)

    def leave(self, channel_id: str, connection_id: str) -> None:
        """Count a page of the channel no longer."""
        self.audience.page_closed(channel_id, connection_id)

    async def flush(self) -> None:
        """Wait until the numbers of all hold what this worker holds."""
        await self._presence.flush()

    async def listeners(self, channel_id: str) -> ListenerCount:
        """The present numbers of a channel."""
        return (await self.audience.numbers([channel_id]))[0]

    async def show_listeners(self, channel_ids: Sequence[str]) -> list[ListenerCount]:
        """The present numbers, for a snapshot.

        Where others were sent something else, the next round publishes again: numbers that go back meanwhile to what
        was published last would be no news, and who has the snapshot would keep those in between.
        """
        if not channel_ids:
            return []
        shown = await self.audience.numbers(channel_ids)
        published = await self._redis.hmget(_LAST_COUNTS, list(channel_ids))
        mixed = [
            one.channel_id
            for one, last in zip(shown, published, strict=True)
            if (as_text(last) or _NOBODY) not in {_shown(one), _MIXED}
        ]
        if mixed:
            pipe = self._redis.pipeline(transaction=False)
            pipe.hset(_LAST_COUNTS, mapping=dict.fromkeys(mixed, _MIXED))
            pipe.sadd(_DIRTY_LISTENERS, *mixed)
            await pipe.execute()
        return shown

    async def changed_listeners(self) -> list[ListenerCount]:
        """The channels whose numbers differ from what was published last; the caller publishes them."""
        changed: list[ListenerCount] = []
        early: list[str] = []
        self._compared.clear()
        moment = self._monotonic()
        self._throttle.forget_old(moment)
        for raw in await self._redis.spop(_DIRTY_LISTENERS, _TICK_BATCH) or []:
            channel_id = as_text(raw)
            last = as_text(await self._redis.hget(_LAST_COUNTS, channel_id))
            now = await self.listeners(channel_id)
            if (last or _NOBODY) == _shown(now):
                continue
            if not self._throttle.is_due(channel_id, now.count + now.watching, moment):
                early.append(channel_id)
                continue
            self._compared[channel_id] = last
            changed.append(now)
        await self.look_again(early)
        return changed

    async def published_listeners(self, count: ListenerCount) -> None:
        """Note that these numbers were published; only others are news."""
        self._throttle.published(count.channel_id, self._monotonic())
        shown = _shown(count) if _shown(count) != _NOBODY else ""
        compared = self._compared.pop(count.channel_id, "")
        await self._published(keys=[_LAST_COUNTS], args=[count.channel_id, compared, shown])

    async def look_again(self, channel_ids: Sequence[str]) -> None:
        """Compare these channels' numbers with what was published in the next round, whether they changed or not."""
        if channel_ids:
            await self._redis.sadd(_DIRTY_LISTENERS, *channel_ids)

    # Connections of this worker

    def connected(self, session: Session) -> None:
        """Note that an owner is here: their streams do not end for want of them."""
        if session.user_id is not None and session.roles & {Role.OWNER, Role.ADMIN}:
            self._presence.enter(user_group(session.user_id), session.connection_id, session.member)

    def disconnected(self, session: Session) -> None:
        """Take a connection out of everything it was in."""
        for group in self._presence.groups_of(session.connection_id):
            self._presence.leave(group, session.connection_id)

    async def owner_present(self, user_id: str) -> bool:
        """Whether the user has a connection to any worker."""
        return (await self._presence.count(user_group(user_id))).connections > 0

    # Leases

    async def keep_alive(self) -> None:
        """Hold this worker's lease; if it had run out, write everything again that others may have cleaned up."""
        if await self._nodes.renew():
            groups = await self._presence.reassert()
            if groups:
                log.warning("lease had run out; presence written again", groups=len(groups))

    async def clean_up_dead(self) -> None:
        """Take out the listeners of workers that were killed."""
        for node_id in await self._nodes.dead():
            if node_id != self._nodes.node_id:
                groups = await self._clean_up(node_id)
                log.info("dead worker cleaned up", node=node_id, groups=len(groups))

    async def sign_off(self) -> None:
        """This worker stops in order: nothing of it stays behind."""
        await self._presence.close()
        await self._clean_up(self._nodes.node_id)

    async def _clean_up(self, node_id: str) -> list[str]:
        groups = await self._presence.clean_up(node_id)
        await self.look_again(channels_of(groups))
        await self._nodes.forget(node_id)
        if await self._presence.has_traces(node_id):
            await self._nodes.recall(node_id)
        return groups

    @staticmethod
    def _mark(pipe: Pipeline, groups: Collection[str]) -> None:
        if channels := channels_of(groups):
            pipe.sadd(_DIRTY_LISTENERS, *channels)

    # Interactions

    async def interact(
        self, channel_id: str, stream_id: str, member: str, kind: Interaction, emoji: str | None
    ) -> InteractionCounts:
        """Count an interaction; a like or favourite counts once per member and stream.

        Args:
            channel_id: The channel.
            stream_id: The stream on air.
            member: Who reacts.
            kind: What it is.
            emoji: Of a reaction; others have an emoji of their own.

        Returns:
            The totals of the stream.
        """
        tag = f"interactions:{{{channel_id}}}:{stream_id}"
        once = member if kind in {"like", "favorite"} else ""
        shown = emoji or {"like": "❤️", "favorite": "⭐"}.get(kind, "")
        if await self._interact(
            keys=[tag, f"{tag}:{kind}", f"interactions:{{{channel_id}}}:recent"],
            args=[_FIELDS[kind], once, shown, _INTERACTION_SECONDS],
        ):
            await self._redis.sadd(_DIRTY_INTERACTIONS, channel_id)
        return await self.interactions(channel_id, stream_id)

    async def interactions(
        self, channel_id: str, stream_id: str | None, recent: dict[str, int] | None = None
    ) -> InteractionCounts:
        """The totals of a stream.

        Args:
            channel_id: The channel.
            stream_id: The stream; None off air, when all is 0.
            recent: The emoji of the last interval and how many there were, if they are to be shown.
        """
        totals: dict[str, int] = {}
        if stream_id is not None:
            raw = await self._redis.hgetall(f"interactions:{{{channel_id}}}:{stream_id}")
            totals = {as_text(k): int(v) for k, v in raw.items()}
        return InteractionCounts(
            channel_id=channel_id,
            likes=totals.get("likes", 0),
            favorites=totals.get("favorites", 0),
            shares=totals.get("shares", 0),
            reactions=totals.get("reactions", 0),
            recent=recent or {},
        )

    async def take_reactions(self) -> dict[str, dict[str, int]]:
        """The emoji of each channel since the last call."""
        taken: dict[str, dict[str, int]] = {}
        for raw in await self._redis.spop(_DIRTY_INTERACTIONS, _TICK_BATCH) or []:
            channel_id = as_text(raw)
            flat = await self._take_recent(keys=[f"interactions:{{{channel_id}}}:recent"])
            taken[channel_id] = {as_text(flat[i]): int(flat[i + 1]) for i in range(0, len(flat), 2)}
        return taken

    # What waits to be published or done

    async def active_changed(self) -> None:
        """The list of streams on air has changed."""
        await mark_active_changed(self._store)

    async def take_active_changed(self) -> bool:
        """Whether the list has changed since the last call."""
        return bool(await self._redis.delete(_DIRTY_ACTIVE))

    async def absent_since(self, channel_id: str, now_ms: int, *, absent: bool) -> int | None:
        """Note whether a stream has neither source nor owner.

        Args:
            channel_id: The channel.
            now_ms: Unix ms.
            absent: Whether it has neither now.

        Returns:
            Since when it has had neither, in Unix ms; None if it has.
        """
        key = f"streaming:{{{channel_id}}}:absent"
        if not absent:
            await self._redis.delete(key)
            return None
        await self._redis.set(key, now_ms, nx=True, ex=24 * 3600)
        return int(await self._redis.get(key) or now_ms)

    async def forget_absence(self, channel_id: str) -> None:
        """Note that somebody makes the stream: the grace time begins anew when they go."""
        await self._redis.delete(f"streaming:{{{channel_id}}}:absent")

    async def swept_before(self, now_ms: int) -> int | None:
        """Note a round of the sweep; when the last one was, in Unix ms."""
        previous = await self._redis.set(_SWEPT, now_ms, get=True)
        return int(previous) if previous else None
