"""Socket.IO, protocol revision 5, as the official suite checks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.conformance.conftest import Peer, ends, hears

PLACES = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'


@asynccontextmanager
async def connected(io: Peer) -> AsyncIterator[ClientConnection]:
    async with io.socket() as socket:
        await hears(socket)
        await socket.send("40")
        assert str(await hears(socket)).startswith("40{")
        assert await hears(socket) == '42["auth",{}]'
        yield socket


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_connect_is_answered_before_any_event(io: Peer, namespace: str, auth: str, transport: str) -> None:
    connect = f"40{namespace}{auth}"
    if transport == "polling":
        sid = await io.sid()
        assert (await io.post(sid, connect)).text == "ok"
        heard: list[Any] = []
        while len(heard) < 2:
            heard += [packet for packet in (await io.poll(sid)).text.split("\x1e") if packet != "2"]
    else:
        async with io.socket() as socket:
            await hears(socket)
            await socket.send(connect)
            heard = [await hears(socket), await hears(socket)]
    answer, greeting = heard
    assert answer.startswith(f"40{namespace}{{")
    assert set(json.loads(answer.removeprefix(f"40{namespace}"))) == {"sid"}
    assert greeting == f'42{namespace}["auth",{auth or "{}"}]'


async def test_an_unknown_namespace_is_refused_with_the_words_of_the_protocol(io: Peer) -> None:
    async with io.socket() as socket:
        await hears(socket)
        await socket.send("40/random")
        assert await hears(socket) == '44/random,{"message":"Invalid namespace"}'


async def test_without_connect_the_connection_ends(io: Peer) -> None:
    async with io.socket() as socket:
        while True:
            if await hears(socket, pings=True) == "2":
                break
        for _ in range(10):  # ten heartbeats are three times the connect timeout
            await socket.send("3")
            try:
                await hears(socket, pings=True)
            except Exception:  # noqa: BLE001 - the end, as it should be
                break
        assert await ends(socket) == 1008


async def test_leaving_one_namespace_keeps_the_other(io: Peer) -> None:
    async with connected(io) as socket:
        await socket.send("40/custom")
        await hears(socket)
        await hears(socket)
        await socket.send("41/custom")
        await socket.send('42["message","to the main namespace"]')
        assert await hears(socket) == '42["message-back","to the main namespace"]'


async def test_leaving_the_main_namespace_keeps_the_connection(io: Peer) -> None:
    async with connected(io) as socket:
        await socket.send("41")
        assert await hears(socket, pings=True) == "2"


async def test_text(io: Peer) -> None:
    async with connected(io) as socket:
        await socket.send('42["message",1,"2",{"3":[true]}]')
        assert await hears(socket) == '42["message-back",1,"2",{"3":[true]}]'
        await socket.send('42456["message-with-ack",1,"2",{"3":[false]}]')
        assert await hears(socket) == '43456[1,"2",{"3":[false]}]'


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (f'452-["message",{PLACES}]', f'452-["message-back",{PLACES}]'),
        (f'452-789["message-with-ack",{PLACES}]', f"462-789[{PLACES}]"),
    ],
)
async def test_binary(io: Peer, sent: str, back: str) -> None:
    async with connected(io) as socket:
        for part in (sent, b"\x01\x02\x03", b"\x04\x05\x06"):
            await socket.send(part)
        assert [await hears(socket) for _ in range(3)] == [back, b"\x01\x02\x03", b"\x04\x05\x06"]


MALFORMED = {
    "unknown type": ["4abc"],
    "no type": ["4"],
    "type 7": ["47"],
    "event without list": ["42{}"],
    "event without name": ["42[]"],
    "name is no name": ["42[null]"],
    "bad ack id": ['42abc["message-with-ack"]'],
    "bad JSON": ['42["message"'],
    "endless nesting": ["42" + "[" * 100_000],
    "ack of nothing": ["43[]"],
    "connect with a list": ["40[]"],
    "connect error from a client": ['44{"message":"x"}'],
    "attachments without number": ['45["message",1]'],
    "too many attachments": ['45999-["message",1]'],
    "placeholder of nothing": ['451-["message",{"_placeholder":true,"num":1}]', b"x"],
    "placeholder before zero": ['451-["message",{"_placeholder":true,"num":-1}]', b"x"],
    "text instead of an attachment": ['451-["message",{"_placeholder":true,"num":0}]', '42["message"]'],
    "attachment of nothing": [b"x"],
    "another namespace": ['42/other,["message"]'],
}


@pytest.mark.parametrize("parts", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_packets_close_the_connection(io: Peer, parts: list[str | bytes]) -> None:
    async with connected(io) as socket:
        for part in parts:
            await socket.send(part)
        assert await ends(socket) in {1001, 1008}


@pytest.mark.parametrize("first", ["4abc", '42["message"]', "43[]"])
async def test_a_bad_handshake_closes_the_connection(io: Peer, first: str) -> None:
    async with io.socket() as socket:
        await hears(socket)
        await socket.send(first)
        assert await ends(socket) in {1001, 1008}
