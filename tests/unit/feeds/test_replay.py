"""A replay as the server sees it: what comes when, and what a client does when the server is not well."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from feeds.client import ATTEMPTS, OUTAGE_S, MatchClient, Refused
from feeds.files.recording import FileMatch
from feeds.replay import MAX_FILE_BYTES, choose, load, play
from kit.contracts import Instant, decode, encode_rest
from kit.errors import InvalidPayload, Unauthorized, Unavailable
from scoring.model import (
    Competition,
    Competitor,
    EventOp,
    EventPage,
    IngestItem,
    IngestResult,
    Match,
    MatchEvent,
    NewCommentary,
)
from tests.support.samples import event, new_match
from touchline.cli import main

START = 1_600_000_000_000
NOW = 1_700_000_000_000


class Pace:
    """Time that only passes by waiting."""

    def __init__(self) -> None:
        self.ms = NOW
        self.waits: list[float] = []

    def now_ms(self) -> int:
        return self.ms

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.ms += round(seconds * 1000)


class Server:
    """The doors that a feed uses, as far as a feed can see."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.posts: list[tuple[int, list[EventOp]]] = []
        self.created: list[dict[str, str]] = []
        self.requests: list[str] = []
        self.known: list[MatchEvent] = []
        self.status = "live"
        self.trouble: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def client(self) -> MatchClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer), base_url="http://server")
        return MatchClient(http, self.pace)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        trouble = self.trouble(request)
        if trouble is not None:
            return trouble
        path = request.url.path
        if path.startswith("/api/auth"):
            return httpx.Response(200, json={"accessToken": f"access{len(self.requests)}", "refreshToken": "refresh"})
        if path == "/api/matches":
            self.created.append(json.loads(request.content)["externalIds"])
            return self.reply(self.match())
        if path.endswith("/events") and request.method == "POST":
            ops = decode(request.content, list[EventOp])
            self.posts.append((self.pace.ms, ops))
            items = [IngestItem(event_id=op.event_id, revision=op.revision, result="applied") for op in ops]
            return self.reply(IngestResult(items=items, seq=0, version=0))
        if path.endswith("/events"):
            return self.reply(EventPage(items=self.known[-1:]))
        return self.reply(self.match()) if request.method == "GET" else httpx.Response(200, json={})

    def match(self) -> Match:
        sides = [
            Competitor(id=side, name=side, abbreviation=side, type="team", score=1, score_display="1")
            for side in ("red", "blue")
        ]
        return Match(
            id=f"m{len(self.created)}",
            sport="football",
            competition=Competition(id="l", name="L"),
            scheduled_at=Instant(NOW),
            competitors=sides,
            status=self.status if len(self.created) < 2 else "live",  # type: ignore[arg-type]
            periods=[],
            seq=len(self.known),
            version=0,
            updated_at=Instant(NOW),
            external_ids={},
        )

    @staticmethod
    def reply(value: object) -> httpx.Response:
        return httpx.Response(200, content=encode_rest(value))


@pytest.fixture
def pace() -> Pace:
    return Pace()


@pytest.fixture
def server(pace: Pace) -> Server:
    return Server(pace)


def match_with(*seconds: float) -> FileMatch:
    ops = [
        event(str(n), "shot", 1, "red", at=START + round(second * 1000), commentary=[NewCommentary(text=f"shot {n}")])
        for n, second in enumerate(seconds)
    ]
    return FileMatch(new_match(external_ids={"wyscout": "7"}), ops)


async def run(server: Server, match: FileMatch, speed: float, channel: str | None = None) -> list[str]:
    said: list[str] = []
    await play(server.client(), match, speed=speed, channel=channel, echo=said.append, pacer=server.pace)
    return said


async def test_events_come_when_they_are_due(server: Server) -> None:
    await run(server, match_with(0, 60, 60, 180), speed=60)
    assert [(when - NOW, [op.event_id for op in ops]) for when, ops in server.posts] == [
        (0, ["0"]),
        (1_000, ["1", "2"]),
        (3_000, ["3"]),
    ]
    assert [op.occurred_at.ms - NOW for _, ops in server.posts for op in ops] == [0, 1_000, 1_000, 3_000]


async def test_a_replay_that_fell_behind_catches_up(server: Server, pace: Pace) -> None:
    def slow(request: httpx.Request) -> None:
        if request.method == "POST" and request.url.path.endswith("/events"):
            pace.ms += 2_500

    server.trouble = slow
    await run(server, match_with(0, 1, 2, 3, 4), speed=1)
    assert [[op.event_id for op in ops] for _, ops in server.posts] == [["0"], ["1", "2"], ["3", "4"]]
    assert [op.occurred_at.ms - NOW for _, ops in server.posts for op in ops] == [0, 1_000, 2_000, 3_000, 4_000]


async def test_as_fast_as_it_goes_is_without_waiting_and_in_batches(server: Server, pace: Pace) -> None:
    said = await run(server, match_with(*range(450)), speed=0)
    assert [len(ops) for _, ops in server.posts] == [200, 200, 50]
    assert pace.waits == []
    assert {op.occurred_at.ms for _, ops in server.posts for op in ops} == {NOW}
    assert said[0] == "Reds v Blues, League: match m1, 450 events"
    assert said[-2] == "450/450 shot 449"


async def test_a_channel_is_linked_before_the_first_event(server: Server) -> None:
    await run(server, match_with(0), speed=0, channel="radio")
    assert server.requests.index("PUT /api/channels/radio/match") < server.requests.index("POST /api/matches/m1/events")


async def test_a_finished_match_starts_again_as_another(server: Server) -> None:
    server.status = "ended"
    await run(server, match_with(0, 1), speed=0)
    assert server.created == [{"wyscout": "7"}, {"wyscout": f"7@{NOW}"}]


async def test_an_unfinished_match_is_taken_up_at_once_where_it_stopped(server: Server) -> None:
    server.known = [
        MatchEvent(
            match_id="m1", event_id=event_id, revision=0, op="add", seq=1, order_key=event_id, type="shot", period=1,
            occurred_at=Instant(NOW), received_at=Instant(NOW), at=Instant(NOW), provider="test",
            confirmation="confirmed", detail={}, players=[], commentary=[],
        )
        for event_id in ("0", "1")
    ]  # fmt: skip
    await run(server, match_with(0, 3_600, 7_200, 7_210), speed=1)
    assert [(when - NOW, [op.event_id for op in ops]) for when, ops in server.posts] == [
        (0, ["0", "1"]),
        (0, ["2"]),
        (10_000, ["3"]),
    ]
    assert len(server.created) == 1


async def test_an_expired_token_is_renewed(server: Server) -> None:
    client = server.client()
    await client.log_in("feed@example.org", "x")

    def expired(request: httpx.Request) -> httpx.Response | None:
        old = request.headers.get("authorization") == "Bearer access1"
        return httpx.Response(401, json={"detail": "expired"}) if old else None

    server.trouble = expired
    await client.match("m1")
    assert server.requests == [
        "POST /api/auth/login", "GET /api/matches/m1", "POST /api/auth/refresh", "GET /api/matches/m1",
    ]  # fmt: skip


async def test_a_login_that_is_over_is_said(server: Server) -> None:
    client = server.client()
    await client.log_in("feed@example.org", "x")
    server.trouble = lambda _: httpx.Response(401, json={"detail": "Sign in again."})
    with pytest.raises(Unauthorized, match="Sign in again"):
        await client.match("m1")


async def test_a_server_in_trouble_is_asked_again_after_the_time_it_says(server: Server, pace: Pace) -> None:
    answers = [
        httpx.Response(503, json={"detail": "later"}),
        httpx.Response(429, json={"detail": "slowly", "retryAfter": 7.5}),
    ]
    server.trouble = lambda _: answers.pop() if answers else None
    await server.client().match("m1")
    assert pace.waits == [7.5, 15.0]


async def test_a_server_that_is_gone_is_given_up_in_the_end(server: Server, pace: Pace) -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    server.trouble = gone
    with pytest.raises(Unavailable, match="http://server"):
        await server.client().match("m1")
    assert len(server.requests) == ATTEMPTS
    assert len(pace.waits) == ATTEMPTS - 1


async def test_a_running_match_outlives_an_outage_of_minutes(server: Server, pace: Pace) -> None:
    client = server.client()
    await client.log_in("feed@example.org", "x")
    away = httpx.Response(503, json={"detail": "A part of the gateway does not answer now.", "retryAfter": 2.0})
    answers = [away] * 30
    server.trouble = lambda _: answers.pop() if answers else None
    await client.match("m1")
    assert pace.waits[:5] == [2.0, 4.0, 8.0, 15.0, 15.0]
    assert sum(pace.waits) > 300
    server.trouble = lambda _: away
    with pytest.raises(Unavailable, match="does not answer now"):
        await client.match("m1")
    assert sum(pace.waits) < 3 * OUTAGE_S


async def test_a_refusal_is_told_in_the_servers_words(server: Server) -> None:
    server.trouble = lambda _: httpx.Response(403, json={"detail": "Your role does not allow this."})
    with pytest.raises(Refused, match="Your role"):
        await server.client().match("m1")
    assert len(server.requests) == 1
    server.trouble = lambda _: httpx.Response(500, content=b"<html>")
    with pytest.raises(Refused, match="answered 500"):
        await server.client().match("m1")


async def test_a_rejected_event_stops_the_replay(server: Server) -> None:
    rejected = IngestItem(event_id="0", revision=0, result="rejected", error="no such side")
    answer = IngestResult(items=[rejected], seq=0, version=0)
    server.trouble = lambda request: (
        Server.reply(answer) if request.method == "POST" and request.url.path.endswith("/events") else None
    )
    with pytest.raises(Refused, match="Event 0 was rejected: no such side"):
        await run(server, match_with(0), speed=0)


def test_one_of_several_matches_has_to_be_chosen() -> None:
    several = [match_with(0), match_with(1)]
    assert choose(several, 1) is several[1]
    assert choose(several[:1], None) is several[0]
    for index in (None, 2, -1):
        with pytest.raises(InvalidPayload, match="1 Reds v Blues, League"):
            choose(several, index)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "bad.json is not one JSON text: Input data was truncated"),
        (b'{"info": {"teams": ["A"', "truncated"),
        (b'{"a": 1}\n{"b": 2}\n', r"trailing characters \(byte 10\)"),
        (b"\xff\xfe{\x00", "is not one JSON text"),
        (b'{"a": "\xff"}', "is not one JSON text"),
        (b'{"a": 1e999}', "out of range"),
        (b"[" * 100_000, "nested too deeply"),
        (b"PK\x03\x04", "is not one JSON text"),
        (b"[]", "not a match file that we know"),
        (b'{"name": "Chess", "rounds": []}', "not a match file that we know"),
        (b'{"info": {}, "innings": []}', "as a file of cricsheet: .*missing required field `teams`"),
        (b'{"name": "A Cup", "matches": []}', "This file has no match"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    command = ["replay", str(path), "--email", "a@b.example", "--password-stdin", "--server", "http://127.0.0.1:1"]
    result = CliRunner().invoke(main, command, input="secret")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.output.startswith("touchline: ")
    assert re.search(why, result.output), result.output


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "with a mark.json"
    path.write_bytes(b'\xef\xbb\xbf{"name": "x"}')
    assert load(path) == {"name": "x"}


def test_a_file_has_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(InvalidPayload, match="larger than any match file"):
        load(path)


def test_only_sports_that_can_be_simulated_are_offered() -> None:
    result = CliRunner().invoke(main, ["simulate", "--sport", "tennis", "--email", "a@b.example"])
    assert result.exit_code == 2
    assert "'basketball', 'cricket', 'football'" in result.output
