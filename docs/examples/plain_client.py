"""Follow a match with nothing but a WebSocket library: `python plain_client.py ws://127.0.0.1:8000 MATCH_ID`."""

import asyncio
import json
import random
import sys
from contextlib import suppress

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException


class Refused(Exception):
    """CONNECT was refused, or the server wants this client to stay away: do not come back by yourself."""


class Client:
    """Joins, and hands on snapshots and events, for as long as it runs; comes back by itself after a cut."""

    def __init__(self, url, joins, hand_on, auth=None):
        self.url, self.joins, self.hand_on, self.auth = url, joins, hand_on, auth or {}
        self.pid = self.offset = None  # what a session is resumed with
        self.joined = set()  # which of `joins` this session has
        self.recovered = self.connected = False
        self.wait = 0.0

    async def run(self):
        """Stay connected; raises `Refused`."""
        attempts = 0
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):  # not there, silent, or cut
                await self.connect_once()
            attempts = 0 if self.connected else attempts + 1
            # As the server said, and up to 1 s, then up to 2, 4, 8 and 16 s more: never all clients together.
            await asyncio.sleep(self.wait + random.uniform(0.1, 2 ** min(attempts, 4)))

    async def connect_once(self):
        """One connection from its handshake to its end."""
        self.wait, self.connected = 0.0, False
        self.held, self.acks = [], {}
        url = f"{self.url}/socket.io/?EIO=4&transport=websocket"
        async with connect(url, ping_interval=None, max_size=16 * 2**20) as self.socket:
            opened = json.loads((await self.socket.recv())[1:])
            silence = (opened["pingInterval"] + opened["pingTimeout"]) / 1000
            known = {"pid": self.pid, "offset": self.offset} if self.pid else {}
            await self.socket.send("40/streaming," + json.dumps({**self.auth, **known}))
            while True:
                packet = await asyncio.wait_for(self.socket.recv(), silence)
                if packet == "2":  # ping
                    await self.socket.send("3")
                elif packet.startswith("40/streaming,"):
                    await self.begin(json.loads(packet[13:]))
                elif packet.startswith("42/streaming,"):
                    self.take_event(*json.loads(packet[13:]))
                elif packet.startswith("43/streaming,"):
                    number, _, data = packet[13:].partition("[")
                    self.take_ack(self.acks.pop(int(number)), *json.loads("[" + data))
                elif packet.startswith(("41/streaming", "44/streaming,")):
                    raise Refused(packet)

    async def begin(self, answer):
        """CONNECT is answered: go on, or join anew. What was not joined when the connection was cut is joined now."""
        self.connected, self.recovered = True, answer["pid"] == self.pid
        if not self.recovered:
            self.pid, self.offset, self.joined = answer["pid"], None, set()
        for number, (event, payload) in enumerate(self.joins):
            if number not in self.joined:
                self.acks[number] = number
                await self.socket.send(f"42/streaming,{number}" + json.dumps([event, payload]))

    def take_event(self, name, *arguments):
        """Hand an event on; while a snapshot is under way, after it."""
        offset = None
        if arguments and isinstance(arguments[-1], str):
            *arguments, offset = arguments
        if name == "session:closing":
            self.wait = arguments[0].get("retryAfterMs", 0) / 1000
        self.held.append((name, arguments, offset))
        self.hand_on_held()

    def take_ack(self, number, answer):
        """The snapshot of a join, or why there is none."""
        if not answer["ok"]:
            error = answer["error"]
            if error["code"] in {"rate_limited", "unavailable", "internal"}:
                self.wait = error.get("retryAfter", 0.0)
                raise ConnectionError(error["message"])  # come back later
            raise Refused(f"{self.joins[number]}: {error}")
        self.joined.add(number)
        self.hand_on(self.joins[number][0], answer["data"])
        self.hand_on_held()

    def hand_on_held(self):
        """Only what was handed on moves the offset: what was held when the connection is cut comes again."""
        while self.held and not self.acks:
            name, arguments, offset = self.held.pop(0)
            self.hand_on(name, *arguments)
            self.offset = offset or self.offset


class Match:
    """The state of one match: its snapshot, brought up to date by what follows."""

    def __init__(self):
        self.seq, self.events = 0, {}

    def take(self, name, data):
        """Apply what was handed on."""
        if name == "match:join":
            self.seq, self.events = data["seq"], {}
            for event in reversed(data["events"]):
                self.apply(event)
        elif name == "match:event" and data["seq"] > self.seq:  # else the snapshot has it already
            self.seq = data["seq"]
            self.apply(data)
            print(data["type"], data.get("scoreAfter"))

    def apply(self, event):
        """A new event, or a newer revision of one; a deleted one is gone."""
        if event["op"] == "delete":
            self.events.pop(event["eventId"], None)
        else:
            self.events[event["eventId"]] = event


if __name__ == "__main__":
    match = Match()
    asyncio.run(Client(sys.argv[1], [("match:join", {"matchId": sys.argv[2]})], match.take).run())
