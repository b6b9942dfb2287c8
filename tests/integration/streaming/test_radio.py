"""An owner goes live, listeners follow: over sockets and over REST."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from identity.tokens import AccessTokens
from kit.session import Role
from tests.harness import PATIENCE
from tests.live import SECRET, Account, Client, Gateway

SHOW = {"showTitle": "Saturday live", "hostName": "Ada", "showType": "sports"}
Connect = Callable[..., Any]


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], None], ids=["websocket", "polling", "default"])
async def test_a_show_from_start_to_end(gateway: Gateway, connect: Connect, transports: list[str] | None) -> None:
    owner = await gateway.account(Role.OWNER)
    fan = await gateway.account(Role.LISTENER, "Fan")
    channel = await gateway.channel(owner)
    cid = channel["id"]
    station: Client = await connect(gateway, owner, transports=transports)
    listener: Client = await connect(gateway, fan, transports=transports)
    guests = [await connect(gateway, device=f"device-{n}", transports=transports) for n in range(2)]

    for client in (station, listener, *guests):
        active = await client.hears("streams:active")
        assert active["items"] == []
        assert isinstance(active["offset"], str)
        snapshot = await client.ok("stream:join", {"channelId": cid})
        assert snapshot["channel"]["live"] is False
        assert "stream" not in snapshot

    started = await station.ok("stream:start", {"channelId": cid, **SHOW})
    for client in (station, listener, *guests):
        live = await client.hears("stream:live")
        assert live["streamId"] == started["streamId"]
        assert live["startedAt"] == started["startedAt"]
        assert (await client.hears("stream:started"))["metadata"]["showTitle"] == "Saturday live"
        await client.hears("streams:active", lambda data: len(data["items"]) == 1)
        await client.hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (4, 0))

    track = {"channelId": cid, "trackName": "Anthem", "artistName": "The Band"}
    answered = await station.ok("stream:update-metadata", track)
    heard = await listener.hears("stream:metadata")
    assert heard == answered
    assert (heard["trackName"], heard["showTitle"]) == ("Anthem", "Saturday live")

    sent = await listener.ok("chat:send", {"channelId": cid, "text": "Hello <b>you</b> 👋", "clientId": "m1"})
    again = await listener.ok("chat:send", {"channelId": cid, "text": "Hello <b>you</b> 👋", "clientId": "m1"})
    assert again["id"] == sent["id"]
    for client in (station, listener, *guests):
        assert (await client.hears("chat:message"))["text"] == "Hello <b>you</b> 👋"
        assert len(client.all("chat:message")) == 1

    counts = await listener.ok("interaction:send", {"channelId": cid, "type": "like"})
    assert counts["likes"] == 1
    assert (await listener.ok("interaction:send", {"channelId": cid, "type": "like"}))["likes"] == 1
    await station.hears("interaction:counts", lambda data: data["likes"] == 1)

    snapshot = await guests[0].ok("stream:join", {"channelId": cid})
    assert snapshot["stream"]["streamId"] == started["streamId"]
    assert snapshot["metadata"] == heard
    assert snapshot["chat"]["recent"] == [sent]
    assert snapshot["interactions"]["likes"] == 1
    assert snapshot["listeners"] == {"channelId": cid, "count": 0, "unique": 0, "watching": 4}

    await guests[1].ok("stream:leave", {"channelId": cid})
    await listener.hears("stream:listeners", lambda data: data["watching"] == 3)
    stopped = await station.ok("stream:stop", {"channelId": cid, "reason": "That was it"})
    assert stopped["streamId"] == started["streamId"]
    offline = await listener.hears("stream:offline")
    assert (offline["reason"], offline["resumable"], offline["endedAt"]) == ("That was it", False, stopped["endedAt"])
    assert (await guests[0].hears("stream:stopped"))["reason"] == "That was it"
    await station.refused("stream:stop", {"channelId": cid}, "conflict")


async def test_a_second_tab_and_a_reconnect_are_counted_right(gateway: Gateway, connect: Connect) -> None:
    owner = await gateway.account(Role.OWNER)
    fan = await gateway.account(Role.LISTENER)
    cid = (await gateway.channel(owner))["id"]
    tabs = [await connect(gateway, fan) for _ in range(2)]
    guest = await connect(gateway, device="one-device")
    for client in (*tabs, guest, guest):
        await client.ok("stream:join", {"channelId": cid})
    await tabs[0].hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (3, 0))
    await tabs[1].close()
    await tabs[0].hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (2, 0))
    back = await connect(gateway, fan)
    await back.ok("stream:join", {"channelId": cid})
    await back.hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (3, 0))
    await back.ok("stream:leave", {"channelId": cid})
    await tabs[0].hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (2, 0))
    before = len(back.all("stream:listeners"))
    await guest.close()
    await tabs[0].hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (1, 0))
    assert len(back.all("stream:listeners")) == before


async def test_what_each_wrong_caller_is_told_and_that_nothing_changes(gateway: Gateway, connect: Connect) -> None:
    owner, other = await gateway.account(Role.OWNER), await gateway.account(Role.OWNER)
    fan, admin = await gateway.account(Role.LISTENER), await gateway.account(Role.ADMIN)
    cid = (await gateway.channel(owner))["id"]
    guest, listener, stranger, boss, station = [await connect(gateway, who) for who in (None, fan, other, admin, owner)]
    start = {"channelId": cid, **SHOW}

    await guest.refused("stream:start", start, "unauthorized")
    await listener.refused("stream:start", start, "forbidden")
    await boss.refused("stream:start", start, "forbidden")
    await stranger.refused("stream:start", start, "forbidden")
    await guest.refused("chat:send", {"channelId": cid, "text": "x", "clientId": "1"}, "unauthorized")
    await guest.refused("interaction:send", {"channelId": cid, "type": "like"}, "unauthorized")
    await listener.refused("admin:join", None, "forbidden")
    await station.refused("stream:start", {**start, "channelId": "nowhere"}, "not_found")
    await station.refused("stream:update-metadata", {"channelId": cid, "trackName": "x"}, "conflict")
    await station.refused("stream:stop", {"channelId": cid}, "conflict")
    await listener.refused("interaction:send", {"channelId": cid, "type": "like"}, "conflict")
    error = await station.refused("stream:start", {"channelId": cid, "showTitle": 5}, "invalid_payload")
    assert "Show title" in error["message"] or "Host name" in error["message"]
    await station.refused("stream:start", {**start, "surprise": 1}, "invalid_payload")
    await station.refused("stream:start", "text", "invalid_payload")
    await station.refused("stream:unheard-of", {}, "unknown_event")
    await station.refused("stream:join", {"channelId": "x" * 100}, "invalid_payload")
    for name in ("connect", "disconnect", "connect_error", "__proto__"):
        await station.refused(name, {"sid": "forged"}, "unknown_event")
    assert (await station.ok("heartbeat", {"sentAt": 1}))["sentAt"] == 1
    snapshot = await guest.ok("stream:join", {"channelId": cid})
    assert snapshot["channel"]["live"] is False
    assert snapshot["chat"]["recent"] == []

    await station.ok("stream:start", start)
    await station.refused("stream:start", start, "conflict")
    await stranger.refused("stream:stop", {"channelId": cid}, "forbidden")
    await stranger.refused("stream:update-metadata", {"channelId": cid, "trackName": "x"}, "forbidden")
    await boss.ok("stream:stop", {"channelId": cid, "reason": "Rights dispute"})
    async with httpx.AsyncClient(base_url=gateway.url, headers=admin.bearer) as http:
        entries = (await http.get("/api/admin/audit")).json()["items"]
    assert [(e["action"], e["target"], e["reason"], e["actorId"]) for e in entries] == [
        ("stream.stop", "radio", "Rights dispute", admin.id)
    ]


async def test_the_same_over_rest(gateway: Gateway, connect: Connect) -> None:
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel = await gateway.channel(owner)
    assert channel["source"]["mount"] == "/radio"
    listener = await connect(gateway, fan)
    await listener.ok("stream:join", {"channelId": channel["id"]})
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        assert (await http.post("/api/channels/radio/streams", json=SHOW)).status_code == 401
        refused = await http.post("/api/channels/radio/streams", json=SHOW, headers=fan.bearer)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert refused.headers["content-type"].startswith("application/problem+json")
        bad = await http.post("/api/channels/radio/streams", json={"showTitle": ""}, headers=owner.bearer)
        assert (bad.status_code, bad.json()["code"]) == (400, "invalid_payload")
        started = (await http.post("/api/channels/radio/streams", json=SHOW, headers=owner.bearer)).json()
        assert started["startedAt"].endswith("Z")
        again = await http.post("/api/channels/radio/streams", json=SHOW, headers=owner.bearer)
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        await listener.hears("stream:live", lambda data: data["streamId"] == started["streamId"])
        put = await http.put("/api/channels/radio/metadata", json={"trackName": "Goal"}, headers=owner.bearer)
        assert put.json()["trackName"] == "Goal"
        await listener.hears("stream:metadata", lambda data: data["trackName"] == "Goal")
        playing = (await http.get("/api/channels/radio/now-playing")).json()
        assert playing["metadata"]["trackName"] == "Goal"
        history = (await http.get("/api/channels/radio/history")).json()
        assert [row["trackName"] for row in history["items"]] == ["Goal"]
        said = await listener.ok("chat:send", {"channelId": channel["id"], "text": "hello", "clientId": "1"})
        talk = (await http.get("/api/channels/radio/chat")).json()
        assert [(row["id"], row["text"]) for row in talk["items"]] == [(said["id"], "hello")]
        assert talk["items"][0]["at"].endswith("Z")
        public = (await http.get("/api/channels/radio")).json()
        assert "source" not in public
        stop = f"/api/channels/radio/streams/{started['streamId']}/stop"
        assert (await http.post(stop, headers=fan.bearer)).status_code == 403
        assert (await http.post(stop, headers=owner.bearer)).status_code == 200
        await listener.hears("stream:offline")

        stopped = (await http.get("/api/channels/radio/streams")).json()["items"][0]
        assert (stopped["endReason"], stopped["peakListeners"]) == ("stopped", 0)  # a page without sound hears nothing


async def test_bad_and_expired_tokens_are_refused_with_their_code(gateway: Gateway) -> None:
    fan = await gateway.account(Role.LISTENER)
    for token, code in ((fan.access[:-2] + "xx", "unauthorized"), ("rubbish", "unauthorized")):
        client = Client(gateway, None, transports=["websocket"], token=token)
        refusals: list[Any] = []
        client.socket.on("connect_error", refusals.append, namespace="/streaming")
        with pytest.raises(Exception, match="connect"):
            await client.connect()
        assert refusals[0]["data"]["code"] == code
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        answer = await http.get("/api/me", headers={"authorization": "Bearer rubbish"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert (await http.get("/api/me", headers=fan.bearer)).json()["email"] == fan.email


async def test_an_expired_token_is_refused_and_a_signed_out_connection_ends(gateway: Gateway, connect: Connect) -> None:
    fan = await gateway.account(Role.LISTENER)

    class Yesterday:
        def now_ms(self) -> int:
            return time.time_ns() // 1_000_000 - 24 * 3600 * 1000

    old, _ = AccessTokens(SECRET, Yesterday()).issue(
        user_id=fan.id, display_name="x", role=Role.ADMIN, family="f", generation=0, ends_ms=time.time_ns() // 1_000_000
    )
    client = Client(gateway, None, transports=["websocket"], token=old)
    refusals: list[Any] = []
    client.socket.on("connect_error", refusals.append, namespace="/streaming")
    with pytest.raises(Exception, match="connect"):
        await client.connect()
    assert refusals[0]["data"]["code"] == "token_expired"
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        answer = await http.get("/api/me", headers={"authorization": f"Bearer {old}"})
        assert (answer.status_code, answer.json()["reason"]) == (401, "token_expired")
        page = await connect(gateway, fan)
        assert (await http.post("/api/auth/logout", json={"refreshToken": fan.refresh})).status_code == 204
        closing = await page.hears("session:closing")
        assert closing == {"code": "signed_out", "reconnect": True}
        assert (await http.get("/api/me", headers=fan.bearer)).status_code == 401


async def test_a_source_starts_the_stream_and_the_owner_adopts_it(gateway: Gateway, connect: Connect) -> None:
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    station = await connect(gateway, owner)
    await station.ok("stream:join", {"channelId": channel["id"]})
    async with source(gateway, channel, owner) as sound:
        live = await station.hears("stream:live")
        assert (live["startedBy"], live["sourceConnected"]) == ("source", True)
        adopted = await station.ok("stream:start", {"channelId": channel["id"], **SHOW})
        assert adopted["streamId"] == live["streamId"]
        assert (await station.hears("stream:metadata"))["showTitle"] == "Saturday live"
        await station.refused("stream:start", {"channelId": channel["id"], **SHOW}, "conflict")
        await station.ok("stream:stop", {"channelId": channel["id"]})
        await station.hears("stream:offline", lambda data: data["reason"] == "stopped")
        assert await asyncio.wait_for(sound.closed(), PATIENCE)
    async with source(gateway, channel, owner) as sound:  # refused for a minute
        assert "403" in await asyncio.wait_for(sound.closed(), PATIENCE)
    await station.ok("stream:start", {"channelId": channel["id"], **SHOW})  # asks for the source again
    async with source(gateway, channel, owner):
        await station.hears("stream:live", lambda data: data["startedBy"] == "manual" and data["sourceConnected"])
    lost = await station.hears("stream:offline", lambda data: data["resumable"])
    assert lost["reason"] == "source_lost"


class Source:
    """Broadcasting software that sends silence in real time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = b""

    async def send(self) -> None:
        frame = bytes.fromhex("fffb9064") + bytes(413)  # one MPEG 1 layer III frame: 128 kb/s, 44.1 kHz, 26 ms
        while True:
            self._writer.write(frame * 4)
            await self._writer.drain()
            await asyncio.sleep(0.1)

    async def closed(self) -> str:
        """What the server said until it closed."""
        with contextlib.suppress(ConnectionError):
            while block := await self._reader.read(1000):
                self._answer += block
        return self._answer.decode() or "nothing"


@contextlib.asynccontextmanager
async def source(gateway: Gateway, channel: dict[str, Any], owner: Account) -> AsyncIterator[Source]:
    async with httpx.AsyncClient(base_url=gateway.url, headers=owner.bearer) as http:
        password = (await http.get(f"/api/channels/{channel['id']}")).json()["source"]["password"]
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.source_port)
    credentials = base64.b64encode(f"source:{password}".encode()).decode()
    head = f"PUT /radio HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\nContent-Type: audio/mpeg\r\n\r\n"
    writer.write(head.encode())
    sound = Source(reader, writer)
    task = asyncio.create_task(sound.send())
    yield sound
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
