"""The stress suite in its short form, and that it finds out who breaks a promise."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.postgres import find_postgres
from bench.stress.findings import Findings
from bench.stress.heard import hear
from bench.stress.ledger import GAP, ONCE, ORDER, SAME, Chain, Ledger, Place
from bench.stress.pages import ChannelPage, MatchPage, differences
from bench.stress.plan import DATABASES, FAULTS, REDISES, plan, possible
from bench.stress.wire import Address, WebSocketWire
from tests.harness import missing
from tests.integration.bench.test_bench import environments

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")

USUAL = possible(database="sqlite", redis="own")
STORES = [kind for kind in FAULTS if kind not in USUAL]


@pytest.mark.parametrize(
    ("seed", "kinds", "stores"),
    [
        (1, USUAL[::2], ["--database", "sqlite", "--redis", "own"]),
        (2, USUAL[1::2], ["--database", "sqlite", "--redis", "own"]),
        (3, STORES, ["--database", "postgresql", "--redis", "private"]),
    ],
    ids=["one-half", "other-half", "other-stores"],
)
def test_every_promise_is_kept_whatever_breaks(tmp_path: Path, seed: int, kinds: list[str], stores: list[str]) -> None:
    if "postgresql" in stores and find_postgres() is None:
        missing("PostgreSQL", "apt install postgresql")
    target, kept = tmp_path / "stress.json", tmp_path / "logs"
    done = subprocess.run(
        [sys.executable, "-m", "touchline", "bench", "stress", "--seed", str(seed), "--seconds", str(3 * len(kinds)),
         "--clients", "24", "--workers", "2", "--faults", ",".join(kinds), "--keep", str(kept), "--json", str(target),
         *stores],
        env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    figures: dict[str, Any] = json.loads(target.read_text())
    assert {fault["kind"] for fault in figures["faults"]} == set(kinds)
    assert figures["promises_broken"] == {}
    assert figures["deliveries"] >= figures["owed"] > 0
    assert figures["recovered"] > 0
    assert not [one for one in environments() if f"TMPDIR={tmp_path}\0" in one], "it left processes"


def test_each_fault_belongs_to_stores_that_can_have_it() -> None:
    everything = {
        kind for database in DATABASES for redis in REDISES for kind in possible(database=database, redis=redis)
    }
    assert everything == set(FAULTS)
    assert not {"postgresql-crashed", "private-redis-killed"} & set(USUAL)


def test_a_seed_replays() -> None:
    one, again = (plan(7, clients=50, seconds=120, channels=3, workers=3) for _ in range(2))
    assert one == again
    assert one != plan(8, clients=50, seconds=120, channels=3, workers=3)
    assert {fault.kind for fault in one.faults} == set(FAULTS), "in two minutes everything breaks once"


class Room:
    """A ledger, and clients in one room that hear what they are told."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.ledger = Ledger(self.findings)

    def client(self, name: str, *, after: int = 0) -> Chain:
        chain = self.ledger.begin(name)
        chain.enter("channel:1", Place("e", after))
        return chain

    def hear(self, chain: Chain, *numbers: int, epoch: str = "e", payload: str = "") -> None:
        for number in numbers:
            self.ledger.hear(chain, Place(epoch, number), "channel:1", "chat:message", payload or f"{number}")

    @property
    def broken(self) -> dict[str, int]:
        self.ledger.check_gaps()
        return dict(self.findings.counts)


def test_those_who_hear_everything_of_their_time_are_fine() -> None:
    room = Room()
    early, late, gone = room.client("early"), room.client("late", after=2), room.client("gone")
    room.hear(early, 1, 2, 3, 4)
    room.hear(late, 3, 4)
    room.hear(gone, 1, 2)
    gone.close()
    assert room.broken == {}


def test_what_is_lost_in_between_is_found_out() -> None:
    room = Room()
    room.hear(room.client("whole"), 1, 2, 3)
    room.hear(room.client("holed"), 1, 3)
    assert room.broken == {GAP: 1}
    assert room.findings.kept[0].who == "holed"


def test_what_is_lost_at_the_beginning_is_found_out() -> None:
    room = Room()
    room.hear(room.client("whole"), 1, 2, 3)
    room.hear(room.client("late", after=1), 3)
    assert room.broken == {GAP: 1}


def test_what_comes_twice_or_too_late_is_found_out() -> None:
    room = Room()
    room.hear(room.client("doubled"), 1, 2, 2)
    room.hear(room.client("swapped", after=1), 3, 2)
    assert room.broken == {ONCE: 1, ORDER: 1, GAP: 1}


def test_another_epoch_without_a_new_snapshot_is_found_out() -> None:
    room = Room()
    one = room.client("one")
    room.hear(one, 1)
    room.hear(one, 2, epoch="f")
    assert room.broken == {ORDER: 1}


def test_two_events_at_one_number_are_found_out() -> None:
    room = Room()
    room.hear(room.client("one"), 1, payload="this")
    room.hear(room.client("other"), 1, payload="that")
    assert room.broken == {SAME: 1}


def test_a_match_event_too_few_is_found_out() -> None:
    page = MatchPage({"match": {"version": 1}, "seq": 4})
    assert page.apply("match:event", {"seq": 4}) == "", "the snapshot has it already"
    assert page.apply("match:event", {"seq": 5}) == ""
    assert page.apply("match:event", {"seq": 7}) == "match:event 7 follows 5"


def test_a_page_that_missed_a_message_differs_from_a_new_one() -> None:
    first = {"id": "1", "text": "first"}
    empty = {"channel": {}, "chat": {"recent": []}, "interactions": {}, "listeners": {"watching": 1}, "offset": "e-1"}
    mine, fresh = ChannelPage(empty), ChannelPage(empty | {"chat": {"recent": [first]}, "offset": "e-2"})
    assert differences(mine.comparable(), fresh.comparable()) == ["chat.recent: 0 items for 1, from 0 on another one"]
    mine.apply("chat:message", {**first, "channelId": "c"})
    mine.apply("chat:message", {**first, "channelId": "c"})
    assert len(mine.state["chat"]["recent"]) == 1


def test_an_event_is_read_with_and_without_its_offset() -> None:
    plain = hear('["chat:message",{"channelId":"c","text":"a,\\"b\\"]"}]')
    numbered = hear('["chat:message",{"channelId":"c","text":"a,\\"b\\"]"},"e-12"]')
    assert (plain.offset, numbered.offset) == ("", "e-12")
    assert plain.payload == numbered.payload == '{"channelId":"c","text":"a,\\"b\\"]"}'
    assert numbered.room == "channel:c"


class Ear:
    """Keeps what a wire tells it."""

    def __init__(self) -> None:
        self.packets: list[str] = []
        self.ends: list[str] = []

    def packet(self, text: str) -> None:
        self.packets.append(text)

    def lost(self, why: str) -> None:
        self.ends.append(why)


def test_frames_are_read_however_they_are_cut() -> None:
    class Transport:
        written = b""

        def write(self, data: bytes) -> None:
            self.written += data

        def close(self) -> None:
            pass

    async def play(step: int) -> tuple[list[str], bytes]:
        ear = Ear()
        wire = WebSocketWire(ear, Address(1), "")
        transport = Transport()
        wire.connection_made(transport)  # type: ignore[arg-type]
        transport.written = b""
        long = "4" + "x" * 70_000
        data = (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x013\x89\x02hi\x81\x7e\x00\x804"
            + b"y" * 127 + b"\x81\x7f" + len(long).to_bytes(8, "big") + long.encode() + b"\x88\x02\x03\xe9"
        )  # fmt: skip
        for at in range(0, len(data), step):
            wire.data_received(data[at : at + step])
        assert ear.packets == ["3", "4" + "y" * 127, long]
        return ear.ends, transport.written

    for step in (1, 7, 1000, 1_000_000):
        ends, written = asyncio.run(play(step))
        assert ends == ["closed with 1001"]
        assert written == b"\x8a\x82\0\0\0\0hi", "a pong, masked"
