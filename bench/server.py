"""A Touchline server for one benchmark: free ports, private data, accounts; reached through its public doors only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import socketio

from bench.client import MARK
from bench.load import Endpoint
from bench.procs import CannotMeasure, Process, cpu_seconds, free_port, listening, name_of, rss_bytes

NAMESPACE = "/streaming"
OWNER = "owner@bench.example"
FEED = "feed@bench.example"
START_SECONDS = 120.0  # seven workers on two busy processors
ROTATION = 10  # events of the match: each is revised again and again, so that the match itself stays small


class TouchlineServer:
    """One `touchline serve` with an owner who is on air, and on demand a feed with a match.

    `tree`: another source tree to take the server from; None is this one. `program`: what Python runs to serve.
    """

    name = "touchline"

    def __init__(
        self,
        directory: Path,
        *,
        workers: int,
        cpus: Sequence[int] | None,
        tree: Path | None,
        program: Sequence[str] = ("-m", "touchline"),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._directory = directory
        self._program = program
        self._workers = workers
        self._cpus = cpus
        self._password = secrets.token_urlsafe(16)
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")} | {
            "TOUCHLINE_DATA_DIR": str(directory / "data"),
            "TOUCHLINE_SOURCE_PORT": str(free_port()),
            "TOUCHLINE_LOG_LEVEL": "warning",
            **(env or {}),
        }
        if tree is not None:
            self._env["PYTHONPATH"] = str(tree.resolve() / "src")
        self._process: Process | None = None
        self._socket: socketio.AsyncClient | None = None
        self._http: httpx.AsyncClient | None = None
        self._pids: list[int] = []
        self.port = free_port()
        self.channel = ""
        self.match = ""
        self.token = ""  # of the feed, after `start_match`

    async def start(self) -> None:
        """Make the accounts, serve, go on air; raises `CannotMeasure` with the server's log."""
        await self._command("migrate")
        await self._command("create-user", "--email", OWNER, "--role", "owner", "--password-stdin")
        made = await self._command("create-channel", "--slug", "bench", "--name", "Bench", "--owner", OWNER)
        self.channel = made.split("channel bench ", 1)[1].split()[0]
        log = self._directory / "server.log"
        self._process = await Process.start(
            sys.executable, *self._program, "serve", "--port", str(self.port), "--workers", str(self._workers),
            env=self._env, log=log, cpus=self._cpus,
        )  # fmt: skip
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)
        await self._until_ready()
        self._pids = self._process.tree()
        token = await self._token(OWNER)
        self._socket = socketio.AsyncClient(reconnection=False)
        await self._socket.connect(
            str(self._http.base_url),
            namespaces=[NAMESPACE],
            auth={"token": token, "recovery": False},
            transports=["websocket"],
            wait_timeout=30,
        )
        await self._call(
            "stream:start",
            {"channelId": self.channel, "showTitle": "Match day", "hostName": "Bench", "showType": "talk"},
        )

    async def start_match(self) -> None:
        """Make a match that a feed can add events to."""
        await self._command("create-user", "--email", FEED, "--role", "feed", "--password-stdin")
        token = self.token = await self.feed_token()
        self._client.headers["authorization"] = f"Bearer {token}"
        sides = [
            {"id": side, "name": side.title(), "abbreviation": side[:3].upper(), "qualifier": side}
            for side in ("home", "away")
        ]
        answer = await self._client.post(
            "/api/matches",
            json={
                "sport": "football",
                "competition": {"id": "bench", "name": "Bench"},
                "scheduledAt": "2026-01-01T12:00:00Z",
                "competitors": sides,
            },
        )
        if answer.is_error:
            raise CannotMeasure(f"No match could be made: {answer.text}")
        self.match = answer.json()["id"]

    async def feed_token(self) -> str:
        """A new access token of the feed."""
        return await self._token(FEED)

    async def post(self, path: str, body: bytes) -> Any:  # noqa: ANN401 - JSON
        """The feed's request, and its answer; after `start_match`."""
        answer = await self._client.post(path, content=body, headers={"content-type": "application/json"})
        if answer.is_error:
            raise CannotMeasure(f"POST {path}: {answer.text[:500]}")
        return answer.json()

    @property
    def endpoint(self) -> Endpoint:
        """How listeners join the channel."""
        return Endpoint(self.port, join=json.dumps(["stream:join", {"channelId": self.channel}], separators=(",", ":")))

    @property
    def match_endpoint(self) -> Endpoint:
        """How listeners join the match."""
        return Endpoint(
            self.port,
            join=json.dumps(["match:join", {"matchId": self.match}], separators=(",", ":")),
            event="match:event",
        )

    async def publish(self, number: int) -> None:
        """One `chat:message` to the whole room; waits for its turn under the rate limit.

        Chat is what a listener hears most of, is recoverable, and is one event alone, where a new track is also in
        everybody's list of streams.
        """
        while True:
            text = f"{MARK.decode()}{number}:{time.monotonic_ns()}:"
            answer = await self._ask(
                "chat:send",
                {"channelId": self.channel, "clientId": f"b{secrets.token_hex(4)}", "text": text},
            )
            if answer["ok"]:
                return
            if answer["error"]["code"] != "rate_limited":
                raise CannotMeasure(f"The server refused to publish: {answer['error']}")
            await asyncio.sleep(float(answer["error"].get("retryAfter", 1)))

    async def publish_cost(self, times: int = 3) -> float:
        """CPU seconds of one publication that nobody listens to."""
        await self.publish(0)
        before = self.cpu()
        for _ in range(times):
            await self.publish(0)
        return (self.cpu() - before) / times

    async def score(self, numbers: Sequence[int], *, text_bytes: int) -> None:
        """Revise match events, as a feed does: each is one recoverable `match:event` with a text of that size."""
        operations = [self._operation(number, number, text_bytes) for number in numbers]
        await self._take(operations)

    @staticmethod
    def _operation(number: int, message: int, text_bytes: int) -> dict[str, Any]:
        stamp = f"{MARK.decode()}{message}:{time.monotonic_ns()}:"
        full, rest = divmod(max(text_bytes - len(stamp), 0), 1900)
        return {
            "provider": "bench",
            "eventId": f"e{number % ROTATION}",
            "revision": number // ROTATION,
            "type": "commentary",
            "period": 1,
            "orderKey": f"{number % ROTATION}",
            "occurredAt": "2026-01-01T12:00:00Z",
            "commentary": [{"text": text} for text in (stamp + "x" * rest, *("x" * 1900 for _ in range(full)))],
        }

    async def _take(self, operations: list[dict[str, Any]]) -> None:
        answer = await self._client.post(f"/api/matches/{self.match}/events", json=operations)
        if answer.is_error or any(item["result"] != "applied" for item in answer.json()["items"]):
            raise CannotMeasure(f"The server did not take match events: {answer.text[:500]}")

    async def connections(self) -> int | None:
        """Open connections, as the server counts them; None with several workers, each of which counts its own."""
        if self._workers > 1:
            return None
        for line in (await self._client.get("/metrics")).text.splitlines():
            if line.startswith("touchline_connections "):
                return int(float(line.split()[1]))
        return None

    def cpu(self) -> float:
        """CPU seconds of all workers and Redis so far."""
        return cpu_seconds(self._pids)

    def rss(self) -> int:
        """Resident bytes of all workers and Redis."""
        return rss_bytes(self._pids)

    def rss_by_program(self) -> dict[str, int]:
        """Resident bytes by program."""
        found: dict[str, int] = {}
        for pid in self._pids:
            kind = "redis" if "redis" in name_of(pid) or "valkey" in name_of(pid) else "workers"
            found[kind] = found.get(kind, 0) + rss_bytes([pid])
        return found

    async def stop(self) -> None:
        """End it and all that it started."""
        if self._socket is not None:
            with contextlib.suppress(Exception):  # a server that is gone cannot say goodbye
                await self._socket.eio.disconnect(abort=True)
        if self._http is not None:
            await self._http.aclose()
        if self._process is not None:
            await self._process.end()

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            raise RuntimeError("not started")
        return self._http

    async def _ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        if self._socket is None:
            raise RuntimeError("not started")
        try:
            answer: dict[str, Any] = await self._socket.call(event, payload, namespace=NAMESPACE, timeout=60)
        except socketio.exceptions.SocketIOError as error:
            raise CannotMeasure(f"The server did not answer {event}: {error!r}. {self._log()}") from None
        return answer

    async def _call(self, event: str, payload: dict[str, Any]) -> None:
        answer = await self._ask(event, payload)
        if not answer["ok"]:
            raise CannotMeasure(f"{event}: {answer['error']}")

    async def _token(self, email: str) -> str:
        answer = await self._client.post("/api/auth/login", json={"email": email, "password": self._password})
        if answer.is_error:
            raise CannotMeasure(f"Nobody could sign in: {answer.text}")
        return str(answer.json()["accessToken"])

    async def _command(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "touchline", *arguments,
            env=self._env,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, problem = await process.communicate(self._password.encode() + b"\n")
        if process.returncode:
            raise CannotMeasure(f"touchline {arguments[0]}: {problem.decode()}")
        return out.decode()

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or not self._process.running or time.monotonic() > deadline:
                raise CannotMeasure(f"The server did not start. {self._log()}")
            if listening(self.port) >= self._workers and await self._all_answer():
                return
            await asyncio.sleep(0.1)

    async def _all_answer(self) -> bool:
        # A new connection goes to a worker by chance: with six for each, one that is not up is hardly ever missed.
        async def one() -> bool:
            try:
                async with httpx.AsyncClient(base_url=str(self._client.base_url), timeout=3, trust_env=False) as http:
                    return (await http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        return all(await asyncio.gather(*(one() for _ in range(1 if self._workers == 1 else 6 * self._workers))))

    def _log(self) -> str:
        return self._process.said() if self._process else ""


class MatchServer(TouchlineServer):
    """The same, whose listeners follow the match: a message to them is an event of its feed, which came over REST."""

    _posted = 0

    async def start(self) -> None:
        """As before, and make the match."""
        await super().start()
        await self.start_match()

    @property
    def endpoint(self) -> Endpoint:
        """How listeners join the match."""
        return self.match_endpoint

    async def publish(self, number: int) -> None:
        """One `match:event` to the whole room; beside it goes one `match:updated`, with the score."""
        self._posted += 1
        await self._take([self._operation(self._posted, number, 0)])
