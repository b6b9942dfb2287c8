"""The sending side of REST: signs in, creates matches, posts events, and tries again where that helps.

`feeds.replay`, the commands and the demo use it, from outside the gateway.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol, TypeVar

import httpx
import msgspec

from kit import codes
from kit.contracts import decode, encode_rest
from kit.errors import DomainError, Unauthorized, Unavailable
from scoring.model import CreateMatch, EventOp, EventPage, IngestResult, Match

ATTEMPTS = 6
"""Tries of a request before anybody is signed in: a wrong address is told within 15 seconds."""

OUTAGE_S = 600.0
"""Seconds that one request of a running match is tried for: a database is restored or fails over in less."""

_LONGEST_WAIT_S = 15.0
_AWAY = (502, 503, 504)


class Pacer(Protocol):
    """Time as a client spends it."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...

    async def wait(self, seconds: float) -> None:
        """Let this much time go by."""
        ...


class RealPacer:
    """Time as the machine has it."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    async def wait(self, seconds: float) -> None:
        """Sleep for so many seconds of real time."""
        await asyncio.sleep(seconds)


class Refused(DomainError):
    """The server said no; the message is its own."""

    code = codes.INVALID_PAYLOAD


class _Tokens(msgspec.Struct, rename="camel"):
    access_token: str
    refresh_token: str


class _Problem(msgspec.Struct, rename="camel"):
    detail: str = "The server refused, and did not say why."
    retry_after: float | None = None


T = TypeVar("T")


class MatchClient:
    """Talks to one server as one account. Everything it sends may be sent twice without harm."""

    def __init__(self, http: httpx.AsyncClient, pacer: Pacer) -> None:
        """Use an HTTP client whose base URL is the server's."""
        self._http = http
        self._pacer = pacer
        self._tokens: _Tokens | None = None
        self._signed_in = False

    async def log_in(self, email: str, password: str) -> None:
        """Sign in; raises `Refused`, or `Unavailable` when there is no server."""
        body = msgspec.json.encode({"email": email, "password": password})
        self._tokens = decode(await self._send("POST", "/api/auth/login", body), _Tokens)
        self._signed_in = True

    async def create(self, new: CreateMatch) -> Match:
        """The match, new or as it stands."""
        return await self._ask("POST", "/api/matches", new, Match)

    async def match(self, match_id: str) -> Match:
        """A match as it stands; raises `Refused` where there is none."""
        return await self._ask("GET", f"/api/matches/{match_id}", None, Match)

    async def newest_event(self, match_id: str) -> str | None:
        """The id of the event that is latest in the match."""
        page = await self._ask("GET", f"/api/matches/{match_id}/events?limit=1", None, EventPage)
        return page.items[0].event_id if page.items else None

    async def post(self, match_id: str, ops: Sequence[EventOp]) -> IngestResult:
        """Hand in operations; raises `Refused` with the first reason where one is rejected."""
        result = await self._ask("POST", f"/api/matches/{match_id}/events", list(ops), IngestResult)
        for item in result.items:
            if item.result == "rejected":
                raise Refused(f"Event {item.event_id} was rejected: {item.error}")
        return result

    async def link(self, channel: str, match_id: str) -> None:
        """Show a match beside a channel's sound (for its owner, or an admin)."""
        await self._authorised("PUT", f"/api/channels/{channel}/match", msgspec.json.encode({"matchId": match_id}))

    async def _ask(self, method: str, path: str, body: object, answer: type[T]) -> T:
        return decode(await self._authorised(method, path, None if body is None else encode_rest(body)), answer)

    async def _authorised(self, method: str, path: str, body: bytes | None) -> bytes:
        try:
            return await self._send(method, path, body)
        except Unauthorized:
            if self._tokens is None:
                raise
            # A long match outlives its access token.
            refresh = msgspec.json.encode({"refreshToken": self._tokens.refresh_token})
            self._tokens = None
            self._tokens = decode(await self._send("POST", "/api/auth/refresh", refresh), _Tokens)
            return await self._send(method, path, body)

    async def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json"}
        if self._tokens is not None:
            headers["Authorization"] = f"Bearer {self._tokens.access_token}"
        delay, waited, attempt = 0.5, 0.0, 1
        while True:
            last = waited >= OUTAGE_S if self._signed_in else attempt == ATTEMPTS
            try:
                response = await self._http.request(method, path, content=body, headers=headers)
            except httpx.TransportError as error:
                if last:
                    where = self._http.base_url
                    raise Unavailable(f"There is no answer from {where} ({type(error).__name__}).") from None
            else:
                if response.is_success:
                    return response.content
                said = _problem(response)
                if last or response.status_code not in (429, *_AWAY):
                    raise _error(response.status_code)(said.detail)
                delay = max(delay, said.retry_after or 0)
            await self._pacer.wait(delay)
            waited += delay
            attempt += 1
            delay = min(delay * 2, _LONGEST_WAIT_S)


def _error(status: int) -> type[DomainError]:
    if status in _AWAY:
        return Unavailable
    return Unauthorized if status == 401 else Refused


def _problem(response: httpx.Response) -> _Problem:
    try:
        return msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return _Problem(detail=f"The server answered {response.status_code}.")


def new_http(server: str) -> httpx.AsyncClient:
    """An HTTP client for a server's address."""
    return httpx.AsyncClient(base_url=server.rstrip("/"), timeout=httpx.Timeout(30))
