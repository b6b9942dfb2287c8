"""A snapshot and the events after it are a fresh snapshot: over the socket and over server-sent events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from feeds.simulator import simulate
from kit.contracts import Instant, convert, encode_rest
from kit.session import Role
from scoring.model import Match, MatchEvent
from tests.integration.matches.test_matches import http
from tests.live import Gateway
from tests.support.event_streams import reading

START = Instant(1_795_285_800_000)


def match_to_play() -> Any:
    """A match in which a goal is taken back, cut to what changes the score and something between."""
    for seed in range(1000):
        match = simulate("football", seed=seed, start=START)
        goals = [op.op for op in match.ops if op.type == "goal"]
        if goals.count("add") >= 4 and "delete" in goals:
            return match
    raise AssertionError("no seed takes a goal back")


class Page:
    """What a page makes of a snapshot and of what comes after it."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.match = snapshot["match"]
        self.seq = snapshot["seq"]
        self.events: dict[tuple[str, str], MatchEvent] = {}
        self.corrections = 0
        for item in snapshot["events"]:
            self._put(item)

    def _put(self, item: dict[str, Any]) -> None:
        event = convert(item, MatchEvent)  # REST and events write times differently
        self.events[(event.provider, event.event_id)] = event

    def hear(self, name: str, payload: dict[str, Any]) -> None:
        if name == "match:event" and payload["seq"] > self.seq:
            assert payload["seq"] == self.seq + 1, "a gap"
            self.seq = payload["seq"]
            self._put(payload)
        elif name == "match:updated" and payload["version"] >= self.match["version"]:
            self.match = payload
        elif name == "match:corrected":
            self.corrections += 1
        elif name == "match:rescored":
            for item in payload["events"]:
                key = (item["provider"], item["eventId"])
                score = item.get("scoreAfter")
                self.events[key] = msgspec.structs.replace(self.events[key], score_after=score)

    @property
    def commentary(self) -> list[MatchEvent]:
        def place(item: MatchEvent) -> tuple[int, str, str, str]:
            return (item.period, item.order_key, item.provider, item.event_id)

        return sorted(self.events.values(), key=place, reverse=True)


@pytest.mark.parametrize("cut", [0, 9])
async def test_followers_on_two_workers_have_what_a_new_snapshot_has(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any], cut: int
) -> None:
    gateway = gateway_factory(workers=2)
    feed = await gateway.account(Role.FEED)
    played = match_to_play()
    ops = [op for op in played.ops if op.type in ("period_start", "goal", "card", "period_end", "match_end")]
    last = ops.pop()
    async with http(gateway, feed) as rest:
        headers = {"content-type": "application/json"}
        made = await rest.post("/api/matches", content=encode_rest(played.create), headers=headers)
        match_id = made.json()["id"]
        url = f"/api/matches/{match_id}"

        async def feed_in(some: list[Any]) -> None:
            answer = await rest.post(f"{url}/events", content=encode_rest(some), headers=headers)
            assert {item["result"] for item in answer.json()["items"]} <= {"applied"}, answer.text

        for op in ops[:cut]:
            await feed_in([op])
        await rest.patch(url, json={"venue": "Before"})
        guest = await connect(gateway)
        async with reading(gateway, f"match={match_id}") as events:
            assert (await events.next())[0] == "hello"
            streamed = Page((await rest.get(f"{url}/snapshot")).json())
            joined = Page(await guest.ok("match:join", {"matchId": match_id}))
            assert streamed.seq == joined.seq == cut
            for start in range(cut, len(ops), 3):
                await feed_in(ops[start : start + 3])
            goal = next(op for op in ops if op.type == "goal" and op.op == "add")
            await rest.patch(f"{url}/events/{goal.event_id}", json={"reason": "another scorer", "commentary": []})
            await rest.delete(f"{url}/events/{goal.event_id}", params={"reason": "never happened"})
            await rest.patch(url, json={"venue": "After", "lineups": {played.create.competitors[0].id: []}})
            await feed_in([last])
            fresh = await guest.ok("match:join", {"matchId": match_id})
            await guest.hears("match:updated", lambda match: match["version"] == fresh["match"]["version"])
            for name, payload in guest.heard:
                joined.hear(name, payload)
            while streamed.seq < fresh["seq"]:
                streamed.hear(*(await events.next()))
            assert (joined.seq, joined.match) == (fresh["seq"], fresh["match"])
            shown = [convert(item, MatchEvent) for item in fresh["events"]]
            assert joined.commentary == shown
            assert streamed.commentary == shown
            assert joined.corrections == streamed.corrections > 0
            over_rest = (await rest.get(f"{url}/snapshot")).json()
            assert [convert(item, MatchEvent) for item in over_rest["events"]] == shown
            assert convert(over_rest["match"], Match) == convert(fresh["match"], Match)
