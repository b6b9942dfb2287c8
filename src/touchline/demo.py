"""The demo station: a process of its own that uses the public doors only, and so is an example client too.

`beside` runs in the server's process: it makes the throw-away accounts and starts the demo. `run` is the demo:
a source that sends sound, a presenter who names tracks and shows a match, a feed that plays it, and some listeners.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import secrets
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import click
import httpx
import msgspec
import socketio

from audio.tone import demo_sound
from feeds.client import MatchClient, RealPacer, new_http
from feeds.files.recording import FileMatch
from feeds.replay import BATCH, play
from feeds.simulator import PROVIDER, simulate
from identity.contracts import User
from kit.contracts import Instant
from kit.errors import Conflict, DomainError
from kit.session import Role
from scoring.model import Sport
from scoring.sports import RULES
from streaming.contracts import CreateChannel
from touchline.app import Application
from touchline.listening import Bind
from touchline.offline import with_app
from touchline.settings import Settings

SLUG = "demo-fm"
NAMESPACE = "/streaming"
_CHANNELS = (
    (SLUG, "Demo FM", "Generated sound with a time signal every ten seconds, and an invented match beside it."),
    ("terrace-radio", "Terrace Radio", "The away end's own station. On air on match days."),
)
_FANS = ("Mira", "Tomasz", "Adaeze", "Jonas")
_SPORTS: tuple[tuple[Sport, float], ...] = (("football", 12.0), ("cricket", 18.0), ("basketball", 10.0))
_HOUR_MS = 3600 * 1000
_HEAD_START_MS = 25 * 60 * 1000
_MP3_BYTES_PER_SECOND = 16_000  # 128 kb/s
_TRACKS = (
    ("Floodlights", "The Away End"),
    ("Second Half", "Corner Flag Quartet"),
    ("Long Way to the Ground", "Marta Lindqvist"),
    ("Stoppage Time", "Northern Terrace"),
    ("Under the Clock", "The Groundskeepers"),
    ("Rain on the Covers", "Silly Point"),
    ("Buzzer", "Half Court"),
)
_LINES = (
    "Evening all 👋",
    "Sound is great today",
    "Who else is listening from work?",
    "That was close!",
    "What is this song? Love it",
    "Come on!!",
    "I can't believe they missed that",
    "Best commentary in town 🎙️",
    "First time here, nice station",
    "Kettle on ☕",
    "The referee has lost it",
    "My dad took me to this ground in 1998",
    "Great save 🙌",
    "They need fresh legs",
    "Listening on the train, no dropouts so far",
    "Calling it now: late winner",
)
_CHEERS = ("GOAAAL ⚽", "YES!!! 🎉", "What a moment", "Get in!", "Unbelievable 😱", "Here we go 🔥")
_EMOJI = ("🔥", "👏", "😂", "❤️", "😱", "🎉")


@dataclass(frozen=True, slots=True)
class Account:
    """A throw-away account."""

    email: str
    password: str
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo is told by the server's process."""

    server: str
    source_host: str
    source_port: int
    sound: str
    owner: Account
    feed: Account
    fans: list[Account]


@contextmanager
def beside(settings: Settings, bind: Bind) -> Iterator[None]:
    """Make the accounts, say what they are, and run the demo while the server runs."""
    accounts = asyncio.run(with_app(settings, _prepare))
    by_role = {account.role: account for account in accounts if account.role != "listener"}
    fans = [account for account in accounts if account.role == "listener"]
    host = "127.0.0.1" if bind.host in {"0.0.0.0", "::"} else bind.host  # noqa: S104 - compared, not bound
    plan = Plan(
        server=f"http://{host}:{bind.port}",
        source_host=host,
        source_port=settings.source_port,
        sound=str(settings.data_dir / "demo.mp3"),
        owner=by_role["owner"],
        feed=by_role["feed"],
        fans=fans,
    )
    click.echo(_banner(plan, [by_role["owner"], fans[0], by_role["admin"], by_role["feed"]]))
    process = subprocess.Popen(
        [sys.executable, "-m", "touchline", "demo"], stdin=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    process.stdin.write(json.dumps(asdict(plan)).encode() + b"\n")
    process.stdin.flush()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _prepare(app: Application) -> list[Account]:
    """The demo's accounts with new passwords, and its channel."""
    wanted = [
        (Role.OWNER, "Demo Station", "owner"),
        (Role.ADMIN, "Demo Admin", "admin"),
        (Role.FEED, "Demo Feed", "feed"),
    ]
    wanted += [(Role.LISTENER, name, name.lower()) for name in _FANS]
    accounts = []
    owner: User | None = None
    for role, name, local in wanted:
        account = Account(f"{local}@demo.example", secrets.token_urlsafe(9), role.value, name)
        user = await app.identity.find_user(account.email)
        if user is None:
            user = await app.identity.create_user(
                email=account.email, password=account.password, role=role, display_name=name, demo=True
            )
        else:
            await app.identity.set_password(user.id, account.password)
        owner = owner or user
        accounts.append(account)
    if owner is not None:
        for slug, name, description in _CHANNELS:
            with contextlib.suppress(Conflict):
                await app.channels.create_for(owner.id, CreateChannel(slug=slug, name=name, description=description))
    return accounts


def _banner(plan: Plan, accounts: list[Account]) -> str:
    rows = [f"    {account.role:9} {account.email:22} {account.password}" for account in accounts]
    return "\n".join(
        [
            "",
            "  Touchline's demo station is going on air:",
            f"    listen     {plan.server}/c/{SLUG}",
            f"    station    {plan.server}/station",
            f"    admin      {plan.server}/admin",
            "",
            "  Throw-away accounts, new at every start:",
            *rows,
            "",
        ]
    )


# The demo's own process


async def run(raw: dict[str, Any]) -> None:
    """Be the station, the feed and the listeners until standard input closes."""
    plan = msgspec.convert(raw, Plan)
    _end_with_parent()
    sound = asyncio.create_task(asyncio.to_thread(demo_sound, Path(plan.sound)))
    await _until_ready(plan.server)
    station = Station(plan, _Logins(), sound)
    await asyncio.gather(
        _forever("source", partial(_source, station)),
        _forever("presenter", partial(_presenter, station)),
        _forever("feed", partial(_feed, station)),
        *(_forever(fan.name, partial(_fan, station, fan)) for fan in plan.fans),
    )


def _end_with_parent() -> None:
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()

    def wait() -> None:
        sys.stdin.read()
        if main is not None:
            loop.call_soon_threadsafe(main.cancel)

    threading.Thread(target=wait, daemon=True).start()


async def _forever(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Begin a part again when it ends: the demo outlives restarts of the server."""
    while True:
        try:
            await part()
        except (OSError, DomainError, httpx.HTTPError, socketio.exceptions.SocketIOError, EOFError) as error:
            click.echo(f"demo {name}: {type(error).__name__}: {error}", err=True)
        await asyncio.sleep(2 + random.random())


async def _until_ready(server: str) -> None:
    async with httpx.AsyncClient(base_url=server) as http:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get("/health/ready")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.1)


class _Logins:
    """One login for each account, used until shortly before its end, as a polite client does it."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, float]] = {}
        self._turn = asyncio.Lock()

    async def token(self, plan: Plan, account: Account) -> str:
        async with self._turn:
            token, until = self._held.get(account.email, ("", 0.0))
            if time.monotonic() < until:
                return token
            async with httpx.AsyncClient(base_url=plan.server) as http:
                credentials = {"email": account.email, "password": account.password}
                answer = await http.post("/api/auth/login", json=credentials)
                answer.raise_for_status()
            body = answer.json()
            self._held[account.email] = (body["accessToken"], time.monotonic() + body["expiresIn"] - 120)
            return str(body["accessToken"])


@dataclass(frozen=True, slots=True)
class Station:
    """The plan, and what its parts share."""

    plan: Plan
    logins: _Logins
    sound: asyncio.Task[bytes]

    async def http(self, account: Account) -> httpx.AsyncClient:
        """A client of the REST API, signed in."""
        token = await self.logins.token(self.plan, account)
        return httpx.AsyncClient(base_url=self.plan.server, headers={"Authorization": f"Bearer {token}"})


async def _channel(station: Station) -> dict[str, Any]:
    async with await station.http(station.plan.owner) as http:
        answer = await http.get(f"/api/channels/{SLUG}")
        answer.raise_for_status()
        channel: dict[str, Any] = answer.json()
        return channel


async def _source(station: Station) -> None:
    """Broadcasting software: an Icecast PUT of MP3, paced like real time."""
    plan = station.plan
    sound = await station.sound
    password = (await _channel(station))["source"]["password"]
    reader, writer = await asyncio.open_connection(plan.source_host, plan.source_port)
    credentials = b64encode(f"source:{password}".encode()).decode()
    try:
        writer.write(
            f"PUT /{SLUG} HTTP/1.1\r\nHost: {plan.source_host}\r\nAuthorization: Basic {credentials}\r\n"
            "User-Agent: touchline-demo\r\nContent-Type: audio/mpeg\r\n\r\n".encode()
        )
        loop = asyncio.get_running_loop()
        begin, sent = loop.time(), 0
        for start in itertools.chain.from_iterable(itertools.repeat(range(0, len(sound), 4000))):
            block = sound[start : start + 4000]
            writer.write(block)
            await writer.drain()
            sent += len(block)
            await asyncio.sleep(max(0.0, begin + sent / _MP3_BYTES_PER_SECOND - loop.time()))
            if reader.at_eof():
                raise EOFError("the server closed the source")
    finally:
        writer.close()


class _Guest:
    """A Socket.IO client that renews its login before it ends."""

    def __init__(self, station: Station, account: Account) -> None:
        self._station = station
        self._account = account
        self.socket = socketio.AsyncClient(reconnection=False)
        self.gone = asyncio.Event()
        self.socket.on("disconnect", self._disconnected, namespace=NAMESPACE)
        self.socket.on("session:expiring", self._renew, namespace=NAMESPACE)

    async def connect(self) -> None:
        await self.socket.connect(
            self._station.plan.server,
            namespaces=[NAMESPACE],
            transports=["websocket"],
            auth={"token": await self._token(), "recovery": False},
        )

    async def call(self, event: str, payload: dict[str, Any]) -> Any:  # noqa: ANN401 - as the event promises
        """The data of an ack; a refusal is None (the demo goes on)."""
        answer = await self.socket.call(event, payload, namespace=NAMESPACE)
        return answer.get("data") if answer["ok"] else None

    async def _token(self) -> str:
        return await self._station.logins.token(self._station.plan, self._account)

    async def _renew(self, _expiry: object) -> None:
        await self.call("session:renew", {"token": await self._token()})

    async def _disconnected(self, *_reason: object) -> None:
        self.gone.set()


async def _presenter(station: Station) -> None:
    """The station's owner: adopts the stream that the source started, and names what plays."""
    channel = await _channel(station)
    me = _Guest(station, station.plan.owner)
    await me.connect()
    try:
        await me.call("stream:join", {"channelId": channel["id"]})
        show = {"showTitle": "Matchday Live", "hostName": "Robin Vale", "showType": "sports"}
        await me.call("stream:start", {"channelId": channel["id"], **show})
        for track, artist in itertools.cycle(_TRACKS):
            await me.call(
                "stream:update-metadata", {"channelId": channel["id"], "trackName": track, "artistName": artist, **show}
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(me.gone.wait(), random.uniform(45, 80))
                return
    finally:
        await me.socket.disconnect()


async def _feed(station: Station) -> None:
    """A feed that plays invented matches, one after another, each beside the station's sound."""
    plan, pacer = station.plan, RealPacer()
    channel = await _channel(station)
    async with new_http(plan.server) as http:
        client = MatchClient(http, pacer)
        await client.log_in(plan.feed.email, plan.feed.password)
        await _finish_what_was_left(station, client)
        now = pacer.now_ms()
        await _tell(client, simulate("basketball", seed=secrets.randbits(32), start=Instant(now - 3 * _HOUR_MS)))
        await client.create(simulate("cricket", seed=secrets.randbits(32), start=Instant(now + 20 * _HOUR_MS)).create)
        for sport, speed in itertools.cycle(_SPORTS):
            match = simulate(sport, seed=secrets.randbits(32), start=Instant(pacer.now_ms()))
            live = await client.create(match.create)
            async with await station.http(plan.owner) as owner:
                await owner.put(f"/api/channels/{channel['id']}/match", json={"matchId": live.id})
            await play(client, _under_way(match), speed=speed, channel=None, echo=lambda _: None, pacer=pacer)
            await pacer.wait(30)


async def _finish_what_was_left(station: Station, client: MatchClient) -> None:
    """A match that an earlier demo left under way is told to its end: its name says how it was made."""
    async with httpx.AsyncClient(base_url=station.plan.server) as http:
        answer = await http.get("/api/matches", params={"status": "live"})
    for left in answer.json().get("items", []):
        sport, seed, start = (left["externalIds"].get(PROVIDER, "") + "---").split("-")[:3]
        if sport in RULES and seed.isdigit() and start.isdigit():
            match = simulate(cast("Sport", sport), seed=int(seed), start=Instant(int(start)))
            for first in range(0, len(match.ops), BATCH):
                await client.post(left["id"], match.ops[first : first + BATCH])


async def _tell(client: MatchClient, match: FileMatch) -> None:
    """A whole match at once, with the times at which it was."""
    made = await client.create(match.create)
    for first in range(0, len(match.ops), BATCH):
        await client.post(made.id, match.ops[first : first + BATCH])


def _under_way(match: FileMatch) -> FileMatch:
    """The same match with its first part told at once: who opens the page finds something to read."""
    begin = match.ops[0].occurred_at.ms + _HEAD_START_MS
    ops = [msgspec.structs.replace(op, occurred_at=Instant(max(op.occurred_at.ms, begin))) for op in match.ops]
    return FileMatch(match.create, ops)


def _deck(texts: tuple[str, ...], chance: random.Random) -> Iterator[str]:
    """The texts in an order of chance, each once before any comes again."""
    while True:
        yield from chance.sample(texts, len(texts))


async def _fan(station: Station, account: Account) -> None:
    """A listener who chats, cheers and reacts."""
    channel = await _channel(station)
    me = _Guest(station, account)
    cheer = asyncio.Event()
    chance = random.Random()
    lines, cheers = _deck(_LINES, chance), _deck(_CHEERS, chance)

    async def on_event(event: dict[str, Any]) -> None:
        detail = event.get("detail", {})
        moment = event.get("type") == "goal" or detail.get("batterRuns", 0) >= 4 or detail.get("wickets")
        if moment and event.get("op") == "add" and chance.random() < 0.6:
            cheer.set()

    me.socket.on("match:event", on_event, namespace=NAMESPACE)
    await me.connect()
    following = None
    pause = random.uniform(0.5, 6)
    try:
        while not me.gone.is_set():
            snapshot = await me.call("stream:join", {"channelId": channel["id"]}) or {}
            match_id = (snapshot.get("match") or {}).get("id")
            if match_id and match_id != following:
                if following:
                    await me.call("match:leave", {"matchId": following})
                await me.call("match:join", {"matchId": match_id})
                following = match_id
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(cheer.wait(), pause)
            pause = random.uniform(8, 30)
            text = next(cheers if cheer.is_set() else lines)
            cheer.clear()
            kind = random.random()
            if kind < 0.5:
                message = {"channelId": channel["id"], "text": text, "clientId": secrets.token_hex(8)}
                await me.call("chat:send", message)
            elif kind < 0.9:
                reaction = {"channelId": channel["id"], "type": "reaction", "emoji": random.choice(_EMOJI)}
                await me.call("interaction:send", reaction)
            else:
                await me.call("interaction:send", {"channelId": channel["id"], "type": "like"})
    finally:
        await me.socket.disconnect()
