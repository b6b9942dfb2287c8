"""Writing and reading, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from chat.contracts import ChatMessage, ListMessages, SendMessage
from chat.models import MessageRow
from chat.service import RECENT, ChatService
from kit.db import Database
from kit.errors import InvalidPayload, NotFound, Unauthorized
from kit.ids import UlidGenerator
from kit.outbox import OutboxRelay
from kit.session import Role
from streaming.models import ChannelRow
from tests.support.doubles import ManualClock, RecordingRealtime, caller, guest


class TwoChannels:
    """chat.ports.Channels."""

    async def owner_of(self, channel_id: str) -> str:
        if channel_id not in {"one", "two"}:
            raise NotFound("There is no such channel.")
        return "owner"

    async def id_of(self, name: str) -> str:
        return name


class Desk:
    """A chat, and what its room heard."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database = database
        self.room = RecordingRealtime()
        database.publish_through(OutboxRelay(database, self.room, clock))
        self.chat = ChatService(database=database, channels=TwoChannels(), clock=clock, ids=UlidGenerator(clock))

    async def send(self, text: str, client_id: str, user: str = "ann", **more: Any) -> ChatMessage:
        command = SendMessage(channel_id=more.pop("channel", "one"), text=text, client_id=client_id, **more)
        return await self.chat.send(caller(Role.LISTENER, user), command)

    async def stored(self) -> int:
        async with self.database.read() as tx:
            return int(await tx.session.scalar(select(func.count()).select_from(MessageRow)) or 0)


@pytest.fixture
async def desk(database: Database, clock: ManualClock) -> Desk:
    async with database.transaction() as tx:
        for name in ("one", "two"):
            row = ChannelRow(id=name, slug=name, name=name, description="", owner_id="owner", created_ms=1)
            tx.session.add(row)
    return Desk(database, clock)


async def test_a_message_is_stored_and_told_as_it_is_answered(desk: Desk, clock: ManualClock) -> None:
    sent = await desk.send("  <i>Hi</i> e\u0301 ", "c1")
    assert (sent.text, sent.at.ms, sent.client_id, sent.reply_to) == ("<i>Hi</i> é", clock.ms, "c1", None)
    assert (sent.user.id, sent.user.display_name, sent.user.role) == ("ann", "Ann", "listener")
    assert [(room, name) for room, name, _ in desk.room.published] == [("channel:one", "chat:message")]
    assert desk.room.of("chat:message")[0]["text"] == sent.text
    assert (await desk.chat.snapshot("one")).recent == [sent]
    assert (await desk.chat.snapshot("two")).recent == []
    assert (await desk.send("mine", "c2", user="owner")).user.role == "owner"


async def test_the_same_client_id_is_one_message(desk: Desk) -> None:
    first = await desk.send("hello", "same")
    assert await desk.send("something else now", "same") == first
    answers = await asyncio.gather(*(desk.send("at once", "other") for _ in range(8)))
    assert len({answer.id for answer in answers}) == 1
    assert await desk.stored() == 2
    assert [message["text"] for message in desk.room.of("chat:message")] == ["hello", "at once"]
    # The id is the client's own: another person or channel may use the same.
    assert (await desk.send("bob's", "same", user="bob")).id != first.id
    assert (await desk.send("elsewhere", "same", channel="two")).id != first.id


async def test_many_at_once_are_all_kept_in_the_order_that_is_told(desk: Desk) -> None:
    await asyncio.gather(*(desk.send(str(n), f"c{n}", user=f"user{n % 5}") for n in range(30)))
    assert await desk.stored() == 30
    assert {message["text"] for message in desk.room.of("chat:message")} == {str(n) for n in range(30)}


async def test_pages_have_no_gap_and_no_repeat_while_others_write(desk: Desk, clock: ManualClock) -> None:
    for n in range(25):
        clock.ms += n % 2  # also within one millisecond
        await desk.send(f"m{n}", f"c{n}")
    seen: list[str] = []
    before = None
    for turn in range(10):
        page = await desk.chat.history(ListMessages(channel_id="one", limit=7, before=before))
        seen += [item.text for item in page.items]
        await desk.send(f"new{turn}", f"new{turn}")
        before = page.next
        if before is None:
            break
    assert seen == [f"m{n}" for n in reversed(range(25))]
    last = await desk.chat.history(ListMessages(channel_id="one", limit=100, before="0"))
    assert (last.items, last.next) == ([], None)
    exact = await desk.chat.history(ListMessages(channel_id="one", limit=29))
    assert (len(exact.items), exact.next) == (29, None)


async def test_the_snapshot_is_the_newest_part_oldest_first(desk: Desk) -> None:
    for n in range(RECENT + 3):
        await desk.send(f"m{n}", f"c{n}")
    assert [m.text for m in (await desk.chat.snapshot("one")).recent] == [f"m{n}" for n in range(3, RECENT + 3)]


async def test_a_reply_points_to_a_message_of_the_same_channel(desk: Desk) -> None:
    first = await desk.send("question", "q")
    answer = await desk.send("answer", "a", reply_to=first.id)
    assert answer.reply_to == first.id
    assert desk.room.of("chat:message")[-1]["replyTo"] == first.id
    for channel, target in (("two", first.id), ("one", "nothing"), ("one", "x" * 64)):
        with pytest.raises(NotFound):
            await desk.send("lost", "l", channel=channel, reply_to=target)
    assert await desk.stored() == 2


async def test_what_is_refused_leaves_no_trace(desk: Desk) -> None:
    with pytest.raises(Unauthorized):
        await desk.chat.send(guest(), SendMessage(channel_id="one", text="x", client_id="c"))
    with pytest.raises(NotFound):
        await desk.send("x", "c", channel="nowhere")
    with pytest.raises(NotFound):
        await desk.chat.history(ListMessages(channel_id="nowhere", limit=1))
    with pytest.raises(InvalidPayload):
        await desk.send(" \n ", "c")
    assert await desk.stored() == 0
    assert desk.room.published == []
