"""A channel's snapshot, put together from parts that may fail."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from kit.contracts import Instant, Reply, encode_event
from kit.errors import NotFound, Unavailable
from streaming import snapshot
from streaming.contracts import ChannelInfo, ListenerCount, NowPlaying
from streaming.snapshot import SnapshotLoader

STATE = NowPlaying(
    channel=ChannelInfo(
        id="c",
        slug="radio",
        name="Radio",
        description="",
        language="en",
        owner_id="o",
        live=False,
        created_at=Instant(1),
    ),
    listeners=ListenerCount(channel_id="c", count=0, unique=0, watching=0),
)


class Score(Reply, frozen=True, kw_only=True):
    goals: int


class Part:
    schema: type[msgspec.Struct] = Score

    def __init__(self, name: str) -> None:
        self.name = name
        self.fails: Exception | None = None
        self.hangs = False

    async def load(self, channel_id: str) -> Score | None:
        assert channel_id == "c"
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails is not None:
            raise self.fails
        return Score(goals=2)


async def taken(loader: SnapshotLoader) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(encode_event(await loader.load(STATE, "e-1")))
    return {name: found.get(name) for name in ("match", "chat", "missing")}


@pytest.mark.parametrize(
    "error",
    [NotFound("There is no such match."), Unavailable("The database does not answer."), KeyError("red"), OSError(5)],
)
async def test_a_part_that_fails_is_left_out_and_named(error: Exception) -> None:
    match, chat = Part("match"), Part("chat")
    loader = SnapshotLoader([match, chat])
    match.fails = error
    with capture_logs() as logs:
        for _ in range(3):
            assert await taken(loader) == {"match": None, "chat": {"goals": 2}, "missing": ["match"]}
        match.fails = None
        assert await taken(loader) == {"match": {"goals": 2}, "chat": {"goals": 2}, "missing": None}
    assert [one["event"] for one in logs] == ["snapshot_part_failed", "snapshot_part_works"]
    assert logs[0]["part"] == "match"


async def test_a_part_that_does_not_answer_holds_the_others_up_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot, "PART_S", 0.01)
    match, chat = Part("match"), Part("chat")
    match.hangs = True
    assert await taken(SnapshotLoader([match, chat])) == {"match": None, "chat": {"goals": 2}, "missing": ["match"]}


async def test_a_joiner_who_leaves_stops_it() -> None:
    part = Part("match")
    part.hangs = True
    task = asyncio.create_task(SnapshotLoader([part]).load(STATE, "e-1"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
