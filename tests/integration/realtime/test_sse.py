"""Event streams: what a reader is told, on a real Redis and two workers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from kit.contracts import Policy
from kit.errors import Unavailable
from realtime.sse import EventStream, EventStreams
from tests.harness import eventually
from tests.support.nodes import ROOM, Node


@dataclass
class Reader:
    """A parser after the HTML standard (9.2.6), as far as it matters here."""

    stream: EventStream
    events: list[tuple[str, str, str]] = field(default_factory=list)
    last_id: str = ""
    ended: bool = False
    task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while chunk := await self.stream.next():
            self.parse(chunk.decode())
        self.ended = True

    def parse(self, text: str) -> None:
        for block in text.split("\n\n"):
            name, data = "message", []
            for line in block.split("\n"):
                key, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if key == "id":
                    self.last_id = value
                elif key == "event":
                    name = value
                elif key == "data":
                    data.append(value)
            # Readers less strict than browsers make an empty message of an id, or of a name, without data.
            assert data or not re.search("^(id|event)", block, re.MULTILINE)
            if data:
                self.events.append((name, "\n".join(data), self.last_id))

    @property
    def said(self) -> list[str]:
        return [data for name, data, _ in self.events if name == "said"]


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[list[Node]]:
    nodes = [await Node(redis_url).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()


@pytest.fixture
async def read() -> AsyncIterator[Any]:
    readers: list[Reader] = []

    async def make(streams: EventStreams, *rooms: str, last_id: str | None = None) -> Reader:
        reader = Reader(await streams.open(rooms or (ROOM,), last_id))
        reader.task = asyncio.create_task(reader.run())
        readers.append(reader)
        return reader

    yield make
    for reader in readers:
        reader.stream.close()
        assert reader.task is not None
        await reader.task


async def test_events_carry_offsets_and_a_reader_resumes_on_another_worker(nodes: list[Node], read: Any) -> None:
    here, there = (EventStreams(node.backplane) for node in nodes)
    await nodes[0].publish("before")
    await nodes[0].hears("before")
    first = await read(here)
    await nodes[1].publish("1")
    await nodes[1].publish("2")
    await eventually(lambda: first.said == ["1", "2"])
    assert first.events[0][0] == "hello"
    epoch = nodes[0].backplane.seen.epoch
    assert [place for name, _, place in first.events if name == "said"] == [f"{epoch}-2", f"{epoch}-3"]
    await nodes[0].publish("3")
    await nodes[0].publish("of another room", room="other")
    again = await read(there, last_id=f"{epoch}-2")
    await nodes[0].publish("4")
    await eventually(lambda: again.said == ["2", "3", "4"])
    assert again.events[0] == ("hello", f'{{"offset":"{epoch}-2"}}', f"{epoch}-2")
    assert "resync" not in {name for name, _, _ in again.events}


@pytest.mark.parametrize("last_id", ["another-5", "rubbish", "e-1\u00e9"])
async def test_a_gap_that_cannot_be_filled_is_said(nodes: list[Node], read: Any, last_id: str) -> None:
    await nodes[0].publish("before")
    await nodes[0].hears("before")
    reader = await read(EventStreams(nodes[0].backplane), last_id=last_id)
    await nodes[0].publish("after")
    await eventually(lambda: reader.said == ["after"])
    assert [name for name, _, _ in reader.events] == ["hello", "resync", "said"]


async def test_a_reader_of_quiet_rooms_moves_on_with_the_others(nodes: list[Node], read: Any) -> None:
    streams = EventStreams(nodes[0].backplane, heartbeat_seconds=0.01)
    reader = await read(streams)
    loud = await nodes[0].publish("loud", room="other")
    await eventually(lambda: reader.last_id == str(loud))
    assert [name for name, _, _ in reader.events] == ["hello", "offset"]
    assert reader.events[-1][1] == f'{{"offset":"{loud}"}}'


async def test_a_sign_of_life_is_a_comment(nodes: list[Node]) -> None:
    stream = await EventStreams(nodes[0].backplane, heartbeat_seconds=0.01).open([ROOM])
    assert b"event: hello" in await stream.next()
    assert [await stream.next() for _ in range(3)] == [b": still here\n\n"] * 3
    stream.close()


async def test_the_newest_values_are_told_at_the_start_and_replaced_while_they_wait(nodes: list[Node]) -> None:
    streams = EventStreams(nodes[0].backplane)
    for n in range(3):
        await nodes[1].publish(f"{n}", Policy.LATEST_WINS)
    stream = await streams.open([ROOM])
    reader = Reader(stream)
    reader.parse((await stream.next()).decode())
    assert reader.said == ["2"]
    for n in range(500):
        await nodes[1].publish(f"{n}", Policy.LATEST_WINS)
    await nodes[1].publish("kept")
    await nodes[1].publish("kept too")
    await eventually(lambda: nodes[0].texts[-1:] == ["kept too"])
    reader.parse((await stream.next()).decode())
    assert reader.said == ["2", "kept", "kept too", "499"]
    stream.close()


async def test_a_reader_that_does_not_read_is_cut_and_resumes(nodes: list[Node], read: Any) -> None:
    streams = EventStreams(nodes[0].backplane)
    stuck = await streams.open([ROOM])
    reader = Reader(stuck)
    reader.parse((await stuck.next()).decode())
    await asyncio.gather(*(nodes[1].publish(f"{n:010000}") for n in range(150)))
    await eventually(lambda: len(nodes[0].heard) == 150)
    assert await stuck.next() == b""
    assert stuck.take() == b"", "what waited for it is given back"
    stuck.close()
    again = await read(streams, last_id=reader.last_id)
    await eventually(lambda: len(again.said) == 150)
    assert again.said == [one.payload.decode() for one in nodes[0].heard]


async def test_a_line_break_in_the_data_is_no_end(nodes: list[Node], read: Any) -> None:
    reader = await read(EventStreams(nodes[0].backplane))
    await nodes[1].publish('{"a":\n1,\r\n"b":2}')
    await eventually(lambda: len(reader.said) == 1)
    assert reader.said[0] == '{"a":\n1,\n\n"b":2}'


async def test_everybody_is_told_of_a_new_epoch(nodes: list[Node], read: Any) -> None:
    reader = await read(EventStreams(nodes[0].backplane))
    await nodes[1].publish("1")
    await eventually(lambda: reader.said == ["1"])
    await nodes[0].store.client.flushall()
    await eventually(lambda: reader.events[-1][0] == "resync")
    assert reader.last_id == str(nodes[0].backplane.place)
    await nodes[0].connected()
    await nodes[0].publish("2")
    await eventually(lambda: reader.said == ["1", "2"])


async def test_streams_give_everything_back_and_are_bounded(nodes: list[Node], monkeypatch: Any) -> None:
    backplane = nodes[0].backplane
    streams = EventStreams(backplane)
    monkeypatch.setattr("realtime.sse._MAX_STREAMS", 3)
    opened = [await streams.open([ROOM, "other"]) for _ in range(3)]
    with pytest.raises(Unavailable):
        await streams.open([ROOM])
    assert (len(streams), backplane._rooms["other"].members) == (3, 3)
    for stream in opened:
        stream.close()
    assert (len(streams), backplane._rooms["other"].members, streams._rooms) == (0, 0, {})
    last = await streams.open([ROOM])
    streams.end()
    assert await last.next() == b""
    last.close()
    with pytest.raises(Unavailable):
        await streams.open([ROOM])


async def test_a_stream_that_cannot_begin_gives_its_rooms_back(nodes: list[Node], monkeypatch: Any) -> None:
    backplane = nodes[0].backplane

    async def fail(_: object) -> Any:
        raise Unavailable("not now")

    monkeypatch.setattr(backplane, "latest", fail)
    streams = EventStreams(backplane)
    with pytest.raises(Unavailable):
        await streams.open(["other"])
    assert (len(streams), backplane._rooms["other"].members, streams._rooms) == (0, 0, {})
