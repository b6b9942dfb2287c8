"""A listener over Socket.IO: comes back by itself, recovers as the official client does, and notes what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bench.stress.findings import Findings
from bench.stress.heard import RECOVERABLE, Heard, hear
from bench.stress.ledger import EVERYONE, GAP, Chain, Ledger, place_of
from bench.stress.pages import ChannelPage, MatchPage, Page
from bench.stress.rubbish import KINDS
from bench.stress.wire import Address, PollingWire, Refused, WebSocketWire, Wire

NAMESPACE = "/streaming"
ANSWERED, ELSEWHERE, MEMBER = "an answer to everything", "only to the room", "a recovered client keeps its rooms"
ACK_SECONDS = 60.0  # faults last seconds, and the gateway gives up on Redis after five
CONNECT_SECONDS = 30.0
SILENCE_SECONDS = 55.0  # the gateway's ping interval and timeout are 25 and 20
_BACK_OFF = (0.1, 3.0)  # the official client's is 1 to 5 s; shorter means more reconnections
_MAX_RETRY = 8.0  # what a `retryAfter` may ask for; the gateway's own bound is 5 s


@dataclass(slots=True)
class Counts:
    """What happened to all listeners together."""

    connects: int = 0
    recovered: int = 0
    not_recovered: int = 0
    snapshots: int = 0
    upgrades: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    closings: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)


class _Ear:
    """What one wire talks to; deaf once the listener has another one."""

    def __init__(self, listener: Listener) -> None:
        self.listener: Listener | None = listener

    def packet(self, text: str) -> None:
        """One Engine.IO packet."""
        if self.listener is not None:
            self.listener.packet(text)

    def lost(self, why: str) -> None:
        """The wire has ended."""
        if self.listener is not None:
            self.listener.lost(why)


class Listener:
    """One page. `wanted` are the rooms that it wants to be in, `pages` what it shows of those that it is in."""

    def __init__(
        self,
        name: str,
        *,
        transport: str,
        address: Address,
        wanted: set[str],
        chance: random.Random,
        ledger: Ledger,
        findings: Findings,
        counts: Counts,
        token: str = "",
    ) -> None:
        self.name = name
        self.transport = transport
        self.address = address
        self.wanted = wanted
        self.token = token
        self.pages: dict[str, Page] = {}
        self.active: Any = None
        self.online = False
        self.chain: Chain | None = None
        self._chance = chance
        self._ledger = ledger
        self._findings = findings
        self._counts = counts
        self._pid = ""
        self._offset = ""
        self._unsure: set[str] = set()
        self._waiting: dict[str, list[Heard]] = {}
        self._early: list[str] = []
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._next_ack = 0
        self._wire: Wire | None = None
        self._ear = _Ear(self)
        self._abandoned: list[Wire] = []
        self._answer: asyncio.Future[Any] | None = None
        self._over = asyncio.Event()
        self._stay_away = asyncio.Event()
        self._away = 0.0
        self._retry_after = 0.0
        self._heard_at = 0.0
        self._change = asyncio.Event()
        self._stalled = False
        self.news = asyncio.Event()

    # Life

    async def live(self) -> None:
        """Be connected until cancelled."""
        failures = 0
        try:
            while True:
                try:
                    failures = 0 if await self._session() else failures + 1
                except (OSError, TimeoutError) as error:
                    failures += 1
                    self._note_refusal(error)
                least, most = _BACK_OFF
                pause = min(most, least * 2 ** min(failures, 6)) * self._chance.uniform(0.5, 1.5)
                pause = max(pause, min(self._retry_after, _MAX_RETRY), self._away)
                self._retry_after = self._away = 0.0
                await asyncio.sleep(pause)
        finally:
            self._drop()
            for wire in self._abandoned:
                wire.abort()
            if self.chain is not None:
                self.chain.close()

    def _note_refusal(self, error: BaseException) -> None:
        if isinstance(error, Refused):
            self._counts.refusals[str(error.status)] += 1
            self._retry_after = max(self._retry_after, error.retry_after or 0.0)
            if error.status == 400 and self.transport != "websocket" and "Transport unknown" in str(error):
                self.transport = "websocket"  # several workers without polling
        else:
            self._counts.refusals[type(error).__name__] += 1

    async def _session(self) -> bool:
        """One connection, from its opening to its end; whether it came to anything."""
        loop = asyncio.get_running_loop()
        self._over.clear()
        self._early.clear()
        self._ear = _Ear(self)
        self._stalled = False
        self._answer = loop.create_future()
        self._heard_at = loop.time()
        connected = False
        moving = None
        try:
            if self.transport == "websocket":
                self._wire = await WebSocketWire.open(self._ear, self.address)
            else:
                self._wire = await PollingWire.open(self._ear, self.address)
                if self.transport == "upgrade":
                    moving = loop.create_task(self._upgrade(self._wire))
            self._send_connect()
            connected = await self._connected()
            if connected:
                await self._stay()
        finally:
            if moving is not None:
                moving.cancel()
            self._drop()
        return connected

    async def _upgrade(self, wire: PollingWire) -> None:
        try:
            await wire.upgrade()
            self._counts.upgrades += 1
        except (OSError, TimeoutError) as error:
            self._counts.refusals[f"upgrade: {type(error).__name__}"] += 1

    async def _connected(self) -> bool:
        assert self._answer is not None  # noqa: S101 - for the type checker
        over = asyncio.ensure_future(self._over.wait())
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.wait({self._answer, over}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self._counts.refusals["no CONNECT answer"] += 1
            return False
        finally:
            over.cancel()
        return self.online

    async def _stay(self) -> None:
        loop = asyncio.get_running_loop()
        settling = loop.create_task(self._settle())
        try:
            while not self._over.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), 5.0)
                if not self._stalled and loop.time() - self._heard_at > SILENCE_SECONDS:
                    self._counts.reasons["silence"] += 1
                    break
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)

    def _drop(self) -> None:
        """The connection is gone, and what was under way on it is uncertain."""
        self.online = False
        self._ear.listener = None
        self._unsure |= self._waiting.keys()
        self._waiting.clear()
        for future in self._acks.values():
            future.cancel()
        self._acks.clear()
        if self._wire is not None:
            self._wire.abort()
            self._wire = None
        self._over.set()

    # Rooms

    async def _settle(self) -> None:
        """Be in the rooms that are wanted, and in no others."""
        while True:
            self._change.clear()
            try:
                # A recovered session may still be in a room whose leave was cut off.
                for room in sorted((self.pages.keys() | self._unsure) - self.wanted):
                    await self._leave(room)
                for room in sorted(self.wanted - self.pages.keys()):
                    await self._join(room)
            except TimeoutError:
                self._findings.add(ANSWERED, self.name, f"no answer in {ACK_SECONDS:.0f} s on an open connection")
                self._over.set()
                return
            if self.settled:
                await self._change.wait()
            else:
                await asyncio.sleep(self._chance.uniform(0.2, 0.6))

    @property
    def settled(self) -> bool:
        """Whether it is where it wants to be."""
        return self.online and self.pages.keys() == self.wanted and not self._unsure - self.wanted

    def want(self, rooms: set[str]) -> None:
        """Change the rooms."""
        self.wanted = rooms
        self._change.set()

    async def _join(self, room: str) -> None:
        event, payload = _about(room, "join")
        self._waiting[room] = []
        answer = await self.call(event, payload)
        waited = self._waiting.pop(room)
        if not answer["ok"]:
            self._counts.refusals[f"{event}: {answer['error']['code']}"] += 1
            self._unsure.add(room)
            await asyncio.sleep(min(float(answer["error"].get("retryAfter") or 0), 2.0))
            return
        snapshot = answer["data"]
        if snapshot.get("missing"):
            self._counts.refusals[f"{event}: a part is missing"] += 1
            self._unsure.add(room)
            await asyncio.sleep(1.0)
            return
        self._counts.snapshots += 1
        page = self.pages[room] = ChannelPage(snapshot) if room.startswith("channel:") else MatchPage(snapshot)
        self._unsure.discard(room)
        if self.chain is not None:
            self.chain.enter(room, place_of(snapshot["offset"]))
        for heard in waited:
            self._apply(page, heard)

    async def _leave(self, room: str) -> None:
        event, payload = _about(room, "leave")
        self.pages.pop(room, None)
        if self.chain is not None:
            self.chain.leave(room)
        self._unsure.add(room)
        answer = await self.call(event, payload)
        if answer["ok"]:
            self._unsure.discard(room)

    async def call(self, event: str, payload: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """The ack of an event; raises TimeoutError; cancelled when the connection ends."""
        if self._wire is None or not self.online:
            raise ConnectionResetError("not connected")
        self._next_ack += 1
        number = self._next_ack
        future = self._acks[number] = asyncio.get_running_loop().create_future()
        self._wire.send(f"42{NAMESPACE},{number}" + json.dumps([event, payload], separators=(",", ":")))
        try:
            async with asyncio.timeout(ACK_SECONDS):
                return await future
        finally:
            self._acks.pop(number, None)

    # What it does of its own accord

    def reset(self, away: float = 0.0) -> None:
        """Cut the connection, and come back."""
        self._away = away
        self._counts.reasons["cut by itself"] += 1
        self._drop()

    def disconnect(self, away: float) -> None:
        """Say goodbye, and come back."""
        if self._wire is not None and self.online:
            self._wire.send(f"41{NAMESPACE},")
        loop = asyncio.get_running_loop()
        self._counts.reasons["left in order"] += 1
        self._away = away
        loop.call_later(0.05, self._drop)

    def abandon(self, seconds: float) -> None:
        """Move to another network: the old connection stays open at the gateway for a while, and hears nothing."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.stall()
            self._abandoned.append(wire)
            asyncio.get_running_loop().call_later(seconds, self._forget, wire)
        self._counts.reasons["changed networks"] += 1
        self._drop()

    def _forget(self, wire: Wire) -> None:
        if wire in self._abandoned:
            self._abandoned.remove(wire)
        wire.abort()

    def stall(self) -> None:
        """Read nothing more."""
        if self._wire is not None:
            self._stalled = True
            self._wire.stall()

    def resume(self) -> None:
        """Read again."""
        if self._wire is not None and self._stalled:
            self._stalled = False
            self._heard_at = asyncio.get_running_loop().time()
            self._wire.resume()

    def send_rubbish(self, kind: str) -> None:
        """Send what no client sends."""
        if self._wire is not None and self.online:
            self._wire.raw(KINDS[kind](self._chance))

    @property
    def port(self) -> int:
        """The local port of its connection; 0 while there is none to tell."""
        return self._wire.port if self._wire is not None else 0

    # What comes

    def lost(self, why: str) -> None:
        """The wire has ended."""
        self._counts.reasons[why.partition(":")[0]] += 1
        self._over.set()

    def packet(self, text: str) -> None:
        """One Engine.IO packet."""
        if self._over.is_set():
            return
        self._heard_at = asyncio.get_running_loop().time()
        kind = text[:1]
        if kind == "4":
            self._message(text)
        elif kind == "2":
            self._send("3")
        elif kind == "1":
            self.lost("closed by the gateway")

    def _send(self, text: str) -> None:
        if self._wire is not None:
            self._wire.send(text)

    def _send_connect(self) -> None:
        auth: dict[str, str] = {"device": f"stress-{self.name}"}
        if self.token:
            auth["token"] = self.token
        if self._pid:
            auth |= {"pid": self._pid} | ({"offset": self._offset} if self._offset else {})
        self._send(f"40{NAMESPACE},{json.dumps(auth)}")

    def _message(self, text: str) -> None:
        kind = text[1:2]
        rest = text[2:].removeprefix(NAMESPACE).removeprefix(",")
        if kind == "2":
            if self.online:
                self._event(hear(rest))
            else:
                self._early.append(rest)
        elif kind == "3":
            number, bracket, data = rest.partition("[")
            future = self._acks.get(int(number))
            if future is not None and not future.done():
                future.set_result(json.loads(bracket + data)[0])
        elif kind == "0":
            self._welcome(json.loads(rest))
        elif kind == "4":
            error = json.loads(rest)
            self._counts.refusals[f"CONNECT: {(error.get('data') or {}).get('code') or error.get('message')}"] += 1
            self._over.set()
        elif kind == "1":
            self.lost("dismissed")

    def _welcome(self, answer: dict[str, Any]) -> None:
        pid = answer.get("pid") or ""
        recovered = bool(pid) and pid == self._pid
        self._pid = pid
        self._counts.connects += 1
        if recovered:
            self._counts.recovered += 1
        else:
            if self.chain is not None:
                self._counts.not_recovered += 1
                self.chain.close()
            self.chain = self._ledger.begin(self.name)
            self.pages.clear()
            self._unsure.clear()
            self.active = None
        self.online = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        early, self._early = self._early, []
        for text in early:
            self._event(hear(text))

    def _event(self, heard: Heard) -> None:
        assert self.chain is not None  # noqa: S101 - for the type checker
        if heard.offset:
            self._offset = heard.offset
        name, room = heard.name, heard.room
        if name == "session:closing":
            self._closing(heard.data)
        elif name == "streams:active":
            self.active = heard.data
            if heard.offset:  # its own; the one that everybody gets may be older than this connection
                self.chain.enter(EVERYONE, place_of(heard.data["offset"]))
        elif name in RECOVERABLE and not self._numbered(heard):
            return
        page = self.pages.get(room)
        if page is not None:
            self._apply(page, heard)
        elif room in self._waiting:
            self._waiting[room].append(heard)
        elif name in RECOVERABLE and room != EVERYONE and room not in self._unsure:
            self._findings.add(ELSEWHERE, self.name, f"{name} {heard.offset} of {room}, which it is not in")
        self.news.set()

    def _numbered(self, heard: Heard) -> bool:
        place = place_of(heard.offset)
        if place is None:
            return not self._pid or self._odd(heard)
        assert self.chain is not None  # noqa: S101 - for the type checker
        return self._ledger.hear(self.chain, place, heard.room, heard.name, heard.payload)

    def _odd(self, heard: Heard) -> bool:
        self._findings.add(GAP, self.name, f"{heard.name} without an offset, though it has a pid")
        return True

    def _apply(self, page: Page, heard: Heard) -> None:
        wrong = page.apply(heard.name, heard.data)
        if wrong:
            self._findings.add(GAP, self.name, f"{wrong} ({heard.offset} in {heard.room})")

    def _closing(self, closing: dict[str, Any]) -> None:
        self._counts.closings[closing["code"]] += 1
        if closing["reconnect"]:
            self._retry_after = float(closing.get("retryAfterMs") or 0) / 1000


def _about(room: str, verb: str) -> tuple[str, dict[str, Any]]:
    kind, _, name = room.partition(":")
    return (f"stream:{verb}", {"channelId": name}) if kind == "channel" else (f"match:{verb}", {"matchId": name})
