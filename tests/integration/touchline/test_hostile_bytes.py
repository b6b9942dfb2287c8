"""Whatever bytes a request is made of, nobody is told that something went wrong here: every route, through its door."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bench.postgres import PostgresServer
from kit.session import Role
from tests.harness import PATIENCE
from tests.live import Account, Gateway
from tests.support.operator import MATCH

BYTES = [
    b"%00", b"a%00b", b"%ff", b"%ed%a0%80", b"%c3%28", b"%", b"%zz", b"%2e%2e%2f%2e%2e%2fetc%2fpasswd", b"%0d%0aX:%20y",
    b"%5c", b"a" * 3000, b"9" * 400, b"-1", b"1e999", b"NaN", b"null", b"%f0%9f%8f%b3", b"%e2%80%ae", b"'%22%3b--",
    b"0-0", b"18446744073709551616", b"2026-13-99", b"%5b%5d", b"%7b%7d", b"{}", b"*", b"..", b";x=y", b"%3f%23",
]  # fmt: skip
"""Of a path or a query, as they stand in the request line."""
VALUES = [
    b"\xff", b"\xc3\x28", b"caf\xe9", b"\t", b"", b"a" * 9000, b",,,", b'"', b'W/"', b"*", b"=", b";;", b"bytes=9-1",
    b"bytes=" + b"0-1," * 900, b"-1", b"9" * 400, b"%00", b"[::1", b"[", b"x:99999999", b"a\tb", b"\xf0\x9f\x8f\xb3",
    b"application/json; charset=%00", b"application/json; charset=\xff", b"application/json; charset=undefined",
    b"multipart/form-data", b"multipart/form-data; boundary=\xff", b"multipart/form-data; boundary=" + b"x" * 300,
    b"application/x-www-form-urlencoded", b"application/msgpack", b"/", b"a/b/c", b"Basic \xff\xfe", b"Basic caf\xe9",
    b"Basic !", b"Bearer", b"Bearer \xff", b"Bearer a.b.c", b"Bearer " + b"x" * 5000, b"gzip;q=\xff", b"gzip;q=9e9",
    b"Thu, 99 Nov 9999 99:99:99 GMT", b"0-0", b"e-1", b"text/event-stream;q=x",
]  # fmt: skip
"""Of a header field."""
FIELDS = [
    "Accept", "Accept-Encoding", "Accept-Language", "Access-Control-Request-Headers", "Access-Control-Request-Method",
    "Authorization", "Cache-Control", "Connection", "Content-Encoding", "Content-Type", "Cookie", "Expect",
    "Forwarded", "Host", "Icy-MetaData", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Last-Event-ID",
    "Origin", "Range", "Referer", "TE", "Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Http-Method-Override", "X-Request-Id",
]  # fmt: skip
STRINGS = [
    "\x00", "a\x00b", "\x1b[31m", "\u202e", "\U000e0041", "\ufffe", "\u2028", "a" * 5000, "", " ", "\r\nX: y", "..",
    "'; --", "2026-02-30T25:61:61Z", "0", "null",
]  # fmt: skip
THINGS = [None, True, 0, -1, 10**6, 2**31, 2**53, 2**63, 10**30, 1e308, -0.0, 0.5, [], {}, [[]], [None], {"": ""}]
BODIES = [
    b"\xff", b"", b"{", b"[]", b"null", b'"\xff"', b'{"\xff":1}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b"\x00",
    b"[" * 5000, b'{"a":' * 3000, b"1" * 5000, b"1e999", b"-", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"a=b&c=%00",
    b"--x\r\n\r\n", b"{}" * 3, b'{"a":1,"a":2}', b'{"email":"\xff"}',
]  # fmt: skip
MORE_PATHS = [
    "/", "/matches", "/c/{x}", "/m/{x}", "/station/{x}", "/admin/{x}", "/admin/metadata", "/assets/{x}",
    "/assets/{x}.js",
    "/favicon.ico", "/robots.txt", "/listen/{x}", "/listen/{x}.mp3", "/health/live", "/health/ready", "/metrics",
    "/socket.io/", "/socket.io/{x}", "/{x}", "/{x}/{x}", "/api/{x}", "/api/docs/openapi.json", "/api/docs/{x}",
]  # fmt: skip
METHODS = ["GET", "POST"]


class Wire:
    """Requests by hand, one after another."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.asked = 0
        self.faults: list[tuple[int, bytes]] = []

    async def ask(
        self, method: str, target: bytes, fields: list[tuple[bytes, bytes]], body: bytes | None = None
    ) -> int:
        """The status of the answer."""
        names = {name.lower() for name, _ in fields}
        fields = [*([] if b"host" in names else [(b"Host", b"x")]), *fields]
        if body is not None:
            fields.append((b"Content-Length", b"%d" % len(body)))
        head = b"%s %s HTTP/1.1\r\n" % (method.encode(), target)
        request = head + b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n" + (body or b"")
        status = await self._send(method, request)
        self.asked += 1
        if status >= 500 and status != 501 and not (status == 503 and b"/listen/" in target):
            self.faults.append((status, b"%s %s | %s" % (method.encode(), target, (body or b"")[:60])))
        return status

    async def _send(self, method: str, request: bytes) -> int:
        for _ in range(2):  # a connection that was kept may have been closed meanwhile
            if self._writer is None or self._writer.is_closing():
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            assert self._reader is not None
            self._writer.write(request)
            try:
                return await asyncio.wait_for(self._answer(method), PATIENCE)
            except (asyncio.IncompleteReadError, ConnectionError):
                self.close()
        return 0

    async def _answer(self, method: str) -> int:
        assert self._reader is not None
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        kept = b"connection: close" not in head.lower() and status != 101
        if kept and method != "HEAD" and status not in {204, 304}:
            if length is None:
                kept = False
            else:
                await self._reader.readexactly(int(length[1]))
        if not kept:
            self.close()
        return status

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._writer = None


@asynccontextmanager
async def wire(gateway: Gateway) -> AsyncIterator[Wire]:
    """What was asked over it is checked at the end."""
    made = Wire(gateway.port)
    yield made
    made.close()
    assert made.faults == []
    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
        assert (await http.get("/health/live")).status_code == 200
    errors = [line for line in gateway.log().splitlines() if "[error" in line or "Traceback" in line]
    assert errors == []


@pytest.fixture
def on_either(gateway_factory: Callable[..., Gateway], database_url: str) -> Gateway:
    return gateway_factory(database_url=database_url)


@pytest.fixture
def hostile(gateway_factory: Callable[..., Gateway], postgres: PostgresServer) -> Gateway:
    """On PostgreSQL, which refuses more of what reaches it."""
    return gateway_factory(database_url=postgres.new_database())


class Routes:
    """All that is documented, and what is not; with an admin's token, so that no rate stands in front."""

    def __init__(self, document: dict[str, Any], account: Account) -> None:
        self.authorized = [(b"Authorization", f"Bearer {account.access}".encode())]
        self.paths: dict[str, list[str]] = dict.fromkeys(MORE_PATHS, METHODS)
        self.queries: dict[str, list[str]] = {}
        self.bodies: dict[tuple[str, str], list[str]] = {}
        schemas = document["components"]["schemas"]
        for path, operations in document["paths"].items():
            if "/auth/" in path:
                continue  # of a rate of their own, below
            self.paths[path] = [method.upper() for method in operations]
            for method, operation in operations.items():
                named = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
                self.queries.setdefault(path, []).extend(named)
                content = operation.get("requestBody", {}).get("content", {})
                reference = next(iter(content.values()), {}).get("schema", {}).get("$ref", "")
                fields = schemas.get(reference.rpartition("/")[2], {}).get("properties", {})
                self.bodies[path, method.upper()] = list(fields)


def filled(path: str, value: bytes) -> bytes:
    return re.sub(rb"\{[^}]*\}", lambda _: value, path.encode())


async def routes_of(gateway: Gateway) -> Routes:
    admin = await gateway.account(Role.ADMIN)
    await gateway.channel(await gateway.account(Role.OWNER), slug="radio")
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        return Routes((await http.get("/api/docs/openapi.json")).json(), admin)


async def test_paths_and_queries(hostile: Gateway) -> None:
    routes = await routes_of(hostile)
    async with wire(hostile) as asked:
        for path, methods in routes.paths.items():
            for method in methods:
                for value in BYTES if "{" in path else [b""]:
                    await asked.ask(method, filled(path, value), routes.authorized)
            for name in routes.queries.get(path, []):
                for value in BYTES:
                    target = filled(path, b"radio") + b"?" + name.encode() + b"=" + value
                    await asked.ask("GET", target, routes.authorized)
        for value in (b"\xff", b"\x80", b"/\xc3\x28", b"//", b"///x", b"/?", b"?", b"http://[::1/", b"/a b", b"#"):
            await asked.ask("GET", value, routes.authorized)
            await asked.ask("GET", b"/api/matches" + value, routes.authorized)


async def test_header_fields(hostile: Gateway) -> None:
    routes = await routes_of(hostile)
    targets = [b"/", b"/api/matches", b"/listen/radio", b"/assets/x.js", b"/socket.io/?EIO=4&transport=polling"]
    async with wire(hostile) as asked:
        for (name, value), target in zip(itertools.product(FIELDS, VALUES), itertools.cycle(targets), strict=False):
            field = (name.encode(), value)
            await asked.ask("GET", target, [field] if name == "Authorization" else [*routes.authorized, field])
        for name, value in itertools.product(["If-Match", "Content-Type", "Content-Encoding"], VALUES):
            await asked.ask("PATCH", b"/api/matches/x", [*routes.authorized, (name.encode(), value)], b'{"version":1}')


def mutations(fields: list[str], rng: random.Random) -> Iterator[bytes]:
    for name in fields:
        for value in [*STRINGS, *THINGS]:
            others = {
                other: rng.choice([*STRINGS, *THINGS, "radio", "sports"]) for other in fields if rng.random() < 0.5
            }
            yield json.dumps({**others, name: value}).encode()


def some(bodies: Iterator[bytes], gateway: Gateway) -> Iterator[bytes]:
    """All of them on PostgreSQL, which refuses more of what reaches it; on SQLite every third."""
    return itertools.islice(bodies, 0, None, 1 if gateway.database_url.startswith("postgresql") else 3)


async def test_bodies(on_either: Gateway) -> None:
    routes = await routes_of(on_either)
    rng = random.Random(9)  # noqa: S311 - no secret
    json_type = (b"Content-Type", b"application/json")
    async with wire(on_either) as asked:
        for (path, method), fields in routes.bodies.items():
            if method == "GET":
                continue
            target = filled(path, b"radio")
            for body in [*BODIES, *some(mutations(fields, rng), on_either)]:
                await asked.ask(method, target, [*routes.authorized, json_type], body)
        for path in ("login", "refresh", "logout", "register"):
            for body in rng.sample(BODIES, 8):
                await asked.ask("POST", f"/api/auth/{path}".encode(), [json_type], body)
        for body in BODIES:
            await asked.ask("POST", b"/socket.io/?EIO=4&transport=polling&sid=x", [], body)


def spoiled(body: Any) -> Iterator[bytes]:
    """A JSON value with one value of it, at any depth, made into each other thing."""
    for path in places(body):
        for value in [*STRINGS, *THINGS]:
            copy = json.loads(json.dumps(body))
            at = copy
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            yield json.dumps(copy).encode()


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (key,)
        for inner in places(value[key]):
            yield (key, *inner)


async def test_whole_bodies_with_one_thing_wrong(on_either: Gateway) -> None:
    """Bodies that are right but for one value, which reaches the database."""
    routes = await routes_of(on_either)
    json_type = (b"Content-Type", b"application/json")
    channel = {"slug": "again", "name": "Name", "description": "Words", "artworkUrl": "https://a.example/x"}
    right: list[tuple[str, dict[str, Any]]] = [
        ("/api/channels", channel),
        ("/api/matches", {**MATCH, "venue": "Ground", "externalIds": {"a": "b"}, "config": {"halfMinutes": 45}}),
        ("/api/matches", {**MATCH, "sport": "cricket", "config": {"overs": 20}}),
    ]
    async with wire(on_either) as asked:
        for path, body in right:
            whole = await asked.ask("POST", path.encode(), [*routes.authorized, json_type], json.dumps(body).encode())
            assert whole == 201
            for sent in some(spoiled(body), on_either):
                await asked.ask("POST", path.encode(), [*routes.authorized, json_type], sent)
        for name, value in itertools.product(("email", "password", "displayName"), STRINGS):
            login = {"email": "a@b.example", "password": "correct horse", "displayName": "A", name: value}
            await asked.ask("POST", b"/api/auth/login", [json_type], json.dumps(login).encode())


async def ask_source(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionError:
        return 0
    finally:
        writer.transport.abort()
    return int(answer.split(b" ")[1]) if answer else 0


async def test_the_source_port(hostile: Gateway) -> None:
    credentials = [base64.b64encode(raw) for raw in (b"source:\xff", b"source:", b"", b"source:caf\xc3\xa9", b":\x00")]
    targets = [b"/radio?x=%s" % one for one in BYTES] + [b"/%s" % one for one in BYTES]
    targets += [b"/admin/metadata?mode=updinfo&mount=/%s&song=x" % one for one in BYTES]
    targets += [b"/admin/metadata?mode=updinfo&mount=/radio&charset=%s&song=%%ff" % one for one in BYTES]
    targets += [b"/admin/metadata?mode=%s&mount=/radio&song=%%ff" % one for one in BYTES]
    answers = []
    for n, target in enumerate(targets):
        authorization = b"Basic " + credentials[n % len(credentials)]
        method = b"GET" if b"metadata" in target else [b"PUT", b"SOURCE", b"OPTIONS"][n % 3]
        request = b"%s %s HTTP/1.1\r\nContent-Type: audio/mpeg\r\nAuthorization: %s\r\n\r\n" % (
            method,
            target,
            authorization,
        )
        answers.append((await ask_source(hostile.source_port, request), request))
    for value in VALUES:
        for name in (b"Authorization", b"Content-Type", b"Expect", b"Connection", b"User-Agent", b"Ice-Name"):
            request = b"PUT /radio HTTP/1.1\r\n%s: %s\r\n\r\n" % (name, value)
            answers.append((await ask_source(hostile.source_port, request), request))
    assert [one for one in answers if one[0] >= 500] == []
    assert "Traceback" not in hostile.log()
