"""python-socketio as it comes, under uvicorn. Usage: python stock_server.py PORT.

Every line on standard input is `{event, data}` for the room; ends when standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import socketio
import uvicorn

NAMESPACE = "/streaming"


def build() -> socketio.AsyncServer:
    """A server whose clients can join a room."""
    server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], cors_allowed_origins="*")

    @server.on("connect", namespace=NAMESPACE)  # type: ignore[untyped-decorator, unused-ignore]
    async def connect(_sid: str, _environ: dict[str, Any], _auth: object) -> None:
        """Everybody may come in."""

    @server.on("stream:join", namespace=NAMESPACE)  # type: ignore[untyped-decorator, unused-ignore]
    async def join(sid: str, command: dict[str, str]) -> dict[str, Any]:
        await server.enter_room(sid, f"channel:{command['channelId']}", namespace=NAMESPACE)
        return {"ok": True, "data": {"channelId": command["channelId"]}}

    return server


async def run(port: int) -> None:
    """Serve until standard input ends."""
    sio = build()
    config = uvicorn.Config(
        socketio.ASGIApp(sio),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
        backlog=4096,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        order = json.loads(line)
        room = f"channel:{order['data']['channelId']}"
        await sio.emit(order["event"], order["data"], room=room, namespace=NAMESPACE)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    import uvloop

    uvloop.run(run(int(sys.argv[1])))
