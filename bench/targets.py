"""What is measured: Touchline, and beside it whichever peers this machine has."""

from __future__ import annotations

import asyncio
import json
import shutil
import string
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.client import MARK
from bench.load import Endpoint
from bench.procs import CannotMeasure, Process, cache_directory, cpu_seconds, free_port, rss_bytes

PEERS = ("floor", "stock", "node", "nchan")
HERE = Path(__file__).parent
SOCKET_IO = "4.8.4"  # the version of the official client that the pages use
_ID = "01KAP0Y4QZ7R8S9TVWXYZ01234"


class Target(Protocol):
    """A server that can be joined and made to send one message to all."""

    name: str

    @property
    def endpoint(self) -> Endpoint:
        """How listeners get in."""
        ...

    async def start(self) -> None:
        """Serve; raises `CannotMeasure`."""
        ...

    async def publish(self, number: int) -> None:
        """One message to everybody who joined."""
        ...

    def cpu(self) -> float:
        """CPU seconds so far, of all its processes."""
        ...

    def rss(self) -> int:
        """Resident bytes of all its processes."""
        ...

    async def stop(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What every peer is told.

    `frame_bytes`: the size of Touchline's WebSocket frame; 0 while it is not known. `nginx_root`: where nginx and its
    modules are unpacked.
    """

    directory: Path
    connections: int
    cpus: Sequence[int] | None
    frame_bytes: int
    nginx_root: Path


def event(number: int, frame_bytes: int) -> tuple[str, dict[str, object]]:
    """The event that peers send: Touchline's own `chat:message`, its frame as long as Touchline's."""
    data: dict[str, object] = {
        "id": _ID,
        "channelId": _ID,
        "user": {"id": _ID, "displayName": "owner", "role": "owner"},
        "text": f"{MARK.decode()}{number}:{time.monotonic_ns()}:",
        "clientId": "",
        "at": time.time_ns() // 1_000_000,
    }
    short = len(packet("chat:message", data)) + 4
    data["clientId"] = "x" * (frame_bytes - short)
    return "chat:message", data


def packet(name: str, data: dict[str, object]) -> str:
    """It as a Socket.IO packet in an Engine.IO one."""
    return "42/streaming," + json.dumps([name, data], separators=(",", ":"))


class Peer:
    """A server that takes its orders from standard input."""

    name = ""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.port = free_port()
        self.process: Process | None = None

    @classmethod
    def missing(cls, _nginx_root: Path) -> str:
        """What this machine lacks for it; empty if nothing."""
        return ""

    @property
    def endpoint(self) -> Endpoint:
        """Socket.IO, as Touchline's."""
        return Endpoint(self.port, join=json.dumps(["stream:join", {"channelId": _ID}], separators=(",", ":")))

    async def start(self) -> None:
        """Start it and wait for its word."""
        self.process = await Process.start(
            *await self.command(), log=self.setting.directory / f"{self.name}.log", cpus=self.setting.cpus, talks=True
        )
        try:
            ready = await self.process.hear(60)
        except TimeoutError:
            ready = b""
        if ready.strip() != b"ready":
            raise CannotMeasure(f"The peer {self.name} did not start. {self.process.said()}")

    async def command(self) -> list[str]:
        """The program and its arguments."""
        raise NotImplementedError

    async def publish(self, number: int) -> None:
        """Tell it to send."""
        name, data = event(number, self.setting.frame_bytes)
        self._tell(json.dumps({"event": name, "data": data}))

    def _tell(self, line: str) -> None:
        if self.process is None:
            raise RuntimeError("not started")
        self.process.tell(line)

    def _pids(self) -> list[int]:
        return self.process.tree() if self.process else []

    def cpu(self) -> float:
        """CPU seconds so far."""
        return cpu_seconds(self._pids())

    def rss(self) -> int:
        """Resident bytes."""
        return rss_bytes(self._pids())

    async def stop(self) -> None:
        """End it."""
        if self.process is not None:
            await self.process.end()


class Floor(Peer):
    """A loop of send(2) in C: what the kernel alone takes."""

    name = "floor"

    @classmethod
    def missing(cls, _nginx_root: Path) -> str:
        """A C compiler."""
        return "" if shutil.which("cc") else "no C compiler (cc)"

    @property
    def endpoint(self) -> Endpoint:
        """Bare WebSocket."""
        return Endpoint(self.port, path="/", raw=True)

    async def command(self) -> list[str]:
        """Compile it."""
        program = self.setting.directory / "floor"
        compiler = await asyncio.create_subprocess_exec("cc", "-O2", "-o", str(program), str(HERE / "floor.c"))
        if await compiler.wait():
            raise CannotMeasure("bench/floor.c could not be compiled.")
        return [str(program), str(self.port), str(self.setting.connections)]

    async def publish(self, number: int) -> None:
        """The same bytes, ready made."""
        self._tell(packet(*event(number, self.setting.frame_bytes)))


class Stock(Peer):
    """python-socketio under uvicorn."""

    name = "stock"

    async def command(self) -> list[str]:
        """With this interpreter."""
        return [sys.executable, str(HERE / "peers" / "stock_server.py"), str(self.port)]


class Node(Peer):
    """Node's Socket.IO."""

    name = "node"

    @classmethod
    def missing(cls, _nginx_root: Path) -> str:
        """Node with npm."""
        return "" if shutil.which("node") and shutil.which("npm") else "no Node with npm"

    async def command(self) -> list[str]:
        """Install it once, outside of the repository."""
        modules = cache_directory() / "node"
        if not (modules / "node_modules" / "socket.io" / "package.json").exists():
            modules.mkdir(exist_ok=True)
            with (modules / "npm.log").open("wb") as log:
                npm = await asyncio.create_subprocess_exec(
                    "npm", "install", "--no-audit", "--no-fund", "--prefix", str(modules), f"socket.io@{SOCKET_IO}",
                    cwd=modules, stdout=log, stderr=log,
                )  # fmt: skip
                failed = await npm.wait()
            if failed:
                raise CannotMeasure(f"npm could not install socket.io; {modules / 'npm.log'} says why.")
        return ["node", str(HERE / "peers" / "node_server.mjs"), str(modules), str(self.port)]


class Nchan(Peer):
    """Nginx with the Nchan module: push in C, with a message store."""

    name = "nchan"

    @classmethod
    def missing(cls, nginx_root: Path) -> str:
        """Nginx and its module."""
        return "" if _nginx(nginx_root) and _module(nginx_root).exists() else "no nginx with libnginx-mod-nchan"

    @property
    def endpoint(self) -> Endpoint:
        """Bare WebSocket."""
        return Endpoint(self.port, path="/listen", raw=True)

    async def start(self) -> None:
        """Write its configuration and start it."""
        directory = self.setting.directory
        configuration = string.Template((HERE / "peers" / "nchan.conf.tmpl").read_text()).substitute(
            module=_module(self.setting.nginx_root),
            directory=directory,
            port=self.port,
            descriptors=self.setting.connections + 200,
        )
        path = directory / "nchan.conf"
        path.write_text(configuration)
        self.process = await Process.start(
            str(_nginx(self.setting.nginx_root)), "-c", str(path), "-e", str(directory / "nginx-error.log"),
            log=directory / "nchan.log", cpus=self.setting.cpus,
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while True:
            try:
                await self.publish(0)
            except OSError:
                if time.monotonic() > deadline or not self.process.running:
                    raise CannotMeasure(f"The peer nchan did not start. {self.process.said()}") from None
                await asyncio.sleep(0.05)
            else:
                return

    async def publish(self, number: int) -> None:
        """Through its own HTTP endpoint."""
        body = packet(*event(number, self.setting.frame_bytes)).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/publish", body, {"Content-Type": "text/plain"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def send() -> None:
            opener.open(request, timeout=30).close()

        await asyncio.to_thread(send)


def _nginx(root: Path) -> str | None:
    found = root / "usr" / "sbin" / "nginx"
    return str(found) if found.exists() else shutil.which("nginx")


def _module(root: Path) -> Path:
    return root / "usr" / "lib" / "nginx" / "modules" / "ngx_nchan_module.so"


_CLASSES: dict[str, type[Peer]] = {peer.name: peer for peer in (Floor, Stock, Node, Nchan)}


def available(wanted: Sequence[str], nginx_root: Path) -> tuple[list[str], dict[str, str]]:
    """The wanted peers that this machine has, and what is missing for the others."""
    missing = {name: why for name in wanted if (why := _CLASSES[name].missing(nginx_root))}
    return [name for name in wanted if name not in missing], missing


def peer(name: str, setting: Setting) -> Peer:
    """A peer that is not started yet."""
    return _CLASSES[name](setting)
