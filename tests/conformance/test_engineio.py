"""Engine.IO, protocol revision 4, as the official suite checks it, over polling and WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.conformance.conftest import OPEN_KEYS, Peer, ends, hears
from tests.harness import eventually

WRONG = {
    "no EIO": "transport={}",
    "another EIO": "EIO=abc&transport={}",
    "old EIO": "EIO=3&transport={}",
    "no transport": "EIO=4",
    "unknown transport": "EIO=4&transport=abc",
    "unknown sid": "EIO=4&transport={}&sid=abc",
}


@pytest.mark.parametrize("upgrades", [["websocket"], []], ids=["polling", "websocket"])
async def test_open_says_exactly_what_the_protocol_names(either: Peer, upgrades: list[str]) -> None:
    if upgrades:
        told = await either.opened()
    else:
        async with either.socket() as socket:
            message = str(await hears(socket))
            assert message.startswith("0")
            told = json.loads(message[1:])
    assert set(told) == OPEN_KEYS
    assert isinstance(told["sid"], str)
    assert len(told["sid"]) >= 20
    assert (told["upgrades"], told["pingInterval"], told["pingTimeout"]) == (upgrades, 300, 200)
    assert told["maxPayload"] == 1_000_000


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG)
async def test_wrong_requests_are_refused(either: Peer, query: str) -> None:
    answer = await either.http.get(f"{either.path}?{query.format('polling')}")
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}
    with pytest.raises(InvalidStatus) as refused:
        async with either.socket(query.format("websocket")):
            pass
    assert refused.value.response.status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(either: Peer, method: str) -> None:
    assert (await either.request(method, EIO="4", transport="polling")).status_code == 400
    sid = await either.sid()
    if method != "POST":
        assert (await either.request(method, EIO="4", transport="polling", sid=sid)).status_code == 400


PAYLOADS = {
    "one": "4hello",
    "several": "4test1\x1e4test2\x1e4test3",
    "unicode": "4ä🎉",
    "binary": "4hello\x1ebAQIDBA==",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_payloads_come_back_by_polling(echo: Peer, payload: str) -> None:
    sid = await echo.sid()
    answer = await echo.post(sid, payload.encode())
    assert (answer.status_code, answer.text) == (200, "ok")
    answer = await echo.poll(sid)
    assert (answer.status_code, answer.text) == (200, payload)
    assert answer.headers["content-type"] == "text/plain; charset=UTF-8"


@pytest.mark.parametrize("payload", ["abc", "", "\x1e", "4x\x1e", "b***", "7", b"4\xff"], ids=repr)
async def test_an_invalid_payload_ends_the_session(echo: Peer, payload: str | bytes) -> None:
    sid = await echo.sid()
    assert (await echo.post(sid, payload)).status_code == 400
    assert (await echo.poll(sid)).status_code == 400


async def test_a_payload_over_the_limit_ends_the_session(echo: Peer) -> None:
    sid = await echo.sid()
    assert (await echo.post(sid, "4" + "x" * 999_999)).status_code == 200
    assert (await echo.post(sid, "4" + "x" * 1_000_000)).status_code == 413
    assert (await echo.poll(sid)).status_code == 400


async def test_two_polls_at_once_end_the_session(echo: Peer) -> None:
    sid = await echo.sid()
    first = asyncio.create_task(echo.poll(sid))
    await echo.polls(sid)
    assert (await echo.poll(sid)).status_code == 400
    answer = await first
    assert (answer.status_code, answer.text) == (200, "1")
    assert (await echo.poll(sid)).status_code == 400


async def test_a_cancelled_poll_ends_the_session(echo: Peer) -> None:
    sid = await echo.sid()
    poll = asyncio.create_task(echo.poll(sid))
    await echo.polls(sid)
    poll.cancel()
    await eventually(lambda: sid not in echo.engine.sockets)
    assert (await echo.poll(sid)).status_code == 400


@pytest.mark.parametrize(("message", "back"), [("4hello", "4hello"), ("4ä🎉", "4ä🎉"), (b"\x01\x02", b"\x01\x02")])
async def test_messages_come_back_over_websocket(echo: Peer, message: Any, back: Any) -> None:
    async with echo.socket() as socket:
        await hears(socket)
        await socket.send(message)
        assert await hears(socket) == back


async def test_messages_keep_their_order(echo: Peer) -> None:
    async with echo.socket() as socket:
        await hears(socket)
        for n in range(200):
            await socket.send(f"4{n}" if n % 2 else str(n).encode())
        heard = [await hears(socket) for _ in range(200)]
    assert heard == [f"4{n}" if n % 2 else str(n).encode() for n in range(200)]


@pytest.mark.parametrize("message", ["abc", "7", "", "2"])
async def test_an_invalid_packet_closes_the_websocket(echo: Peer, message: str) -> None:
    async with echo.socket() as socket:
        await hears(socket)
        await socket.send(message)
        assert await ends(socket) == 1008
    await eventually(lambda: not echo.engine.sockets)


async def test_heartbeats_keep_a_polling_session(either: Peer) -> None:
    sid = await either.sid()
    for _ in range(3):
        assert (await either.poll(sid)).text == "2"
        assert (await either.post(sid, "3")).status_code == 200
    assert sid in either.engine.sockets


async def test_heartbeats_keep_a_websocket(either: Peer) -> None:
    async with either.socket() as socket:
        await hears(socket)
        await socket.send("40")  # a client of Socket.IO, or it is closed after a second
        for _ in range(3):
            while await hears(socket, pings=True) != "2":
                pass
            await socket.send("3")
        assert len(either.engine.sockets) == 1


async def test_who_does_not_answer_is_gone(either: Peer) -> None:
    sid = await either.sid()
    async with either.socket() as socket:
        await ends(socket)
    await eventually(lambda: not either.engine.sockets)
    assert (await either.poll(sid)).status_code == 400


async def test_closing_ends_a_pending_poll_with_a_noop(either: Peer) -> None:
    sid = await either.sid()
    poll = asyncio.create_task(either.poll(sid))
    await either.polls(sid)
    assert (await either.post(sid, "1")).text == "ok"
    answer = await poll
    assert (answer.status_code, answer.text) == (200, "6")
    assert (await either.poll(sid)).status_code == 400


async def test_closing_closes_the_websocket(either: Peer) -> None:
    async with either.socket() as socket:
        await hears(socket)
        await socket.send("1")
        assert await ends(socket) == 1000


async def test_upgrade(echo: Peer) -> None:
    sid = await echo.sid()
    poll = asyncio.create_task(echo.poll(sid))
    await echo.polls(sid)
    async with echo.socket(f"EIO=4&transport=websocket&sid={sid}") as socket:
        await socket.send("2probe")
        assert await hears(socket) == "3probe"
        assert (await poll).text == "6"
        assert (await echo.poll(sid)).text == "6"  # at once, as the client waits for its last poll to end
        assert (await echo.post(sid, "4before")).text == "ok"
        await socket.send("5")
        assert await hears(socket) == "4before"  # what waits is sent over the WebSocket, which never gets a NOOP
        await socket.send("4hello")
        assert await hears(socket) == "4hello"
        assert (await echo.poll(sid)).status_code == 400
        assert (await echo.post(sid, "4x")).status_code == 400
        async with echo.socket(f"EIO=4&transport=websocket&sid={sid}") as second:
            await ends(second)
        await socket.send(b"still")
        assert await hears(socket) == b"still"


async def test_binary_that_waits_is_binary_after_the_upgrade(echo: Peer) -> None:
    sid = await echo.sid()
    assert (await echo.post(sid, "bAQID\x1e4text")).text == "ok"
    async with echo.socket(f"EIO=4&transport=websocket&sid={sid}") as socket:
        await socket.send("2probe")
        await hears(socket)
        await socket.send("5")
        assert [await hears(socket), await hears(socket)] == [b"\x01\x02\x03", "4text"]


async def test_a_failed_upgrade_leaves_the_session_polling(echo: Peer) -> None:
    sid = await echo.sid()
    async with echo.socket(f"EIO=4&transport=websocket&sid={sid}") as socket:
        await socket.send("2probe")
        await hears(socket)
    await eventually(lambda: not echo.engine.sockets[sid].upgrading)
    await echo.post(sid, "4hello")
    assert (await echo.poll(sid)).text == "4hello"


@pytest.mark.parametrize(
    ("origin", "status"), [("http://127.0.0.1:{}", 200), ("https://evil.example", 403), ("null", 403)]
)
async def test_only_our_own_pages_may_connect(echo: Peer, origin: str, status: int) -> None:
    headers = {"origin": origin.format(echo.port)}
    answer = await echo.http.get(f"{echo.path}?EIO=4&transport=polling", headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == (headers["origin"] if status == 200 else None)


BROKEN = {
    "unmasked": (b"\x81\x01x", 1002),
    "reserved bit": (b"\xc1\x80\0\0\0\0", 1002),
    "reserved opcode": (b"\x83\x80\0\0\0\0", 1002),
    "not UTF-8": (b"\x81\x81\0\0\0\0\xff", 1007),
    "too big": (b"\x82\xff" + (2**40).to_bytes(8, "big"), 1009),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
async def test_broken_frames_close_with_their_code(echo: Peer, data: bytes, code: int) -> None:
    async with echo.socket() as socket:
        await hears(socket)
        socket.transport.write(data)
        assert await ends(socket) == code
