"""Resumption: a connection that was cut goes on here, with its old id, its rooms and everything it has missed.

`admission` asks for it when a client shows the private id of a connection; `lifecycle` completes it once the client has
its answer. The sessions of cut connections are kept by `recovery`, missed events are read by `backplane`.

Between the last missed event and entering the rooms nothing may be awaited (`resume` to `enter_rooms`): what was missed
ends where what is delivered begins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kit.metrics import Metrics
from kit.rooms import EVERYONE
from kit.session import Session
from realtime.backplane import Backplane
from realtime.connections import Connection, Connections, Resuming
from realtime.fanout import outgoing_of, packet_of
from realtime.observers import Observers
from realtime.offsets import Envelope, Offset
from realtime.recovery import Recovery, Resumable

_MAX_REPLAY_BYTES = 8 * 1024 * 1024  # beyond it a snapshot is less


class Resumption:
    """Takes cut connections up again."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        connections: Connections,
        recovery: Recovery,
        observers: Observers,
        metrics: Metrics,
    ) -> None:
        self._backplane = backplane
        self._connections = connections
        self._recovery = recovery
        self._observers = observers
        self._metrics = metrics

    async def resume(self, client: Connection, resumable: Resumable, offset: object) -> bool:
        """Make a client that was authenticated anew the continuation of a cut connection.

        Args:
            client: The new connection.
            resumable: What the cut one was; whoever calls has taken it.
            offset: What the client gave as the place up to which it has everything.

        Returns:
            False if the client begins anew instead; it has been told to nobody then.

        Raises:
            Unavailable: It cannot be decided now.
        """
        session = replace(client.session, connection_id=resumable.sid)
        place = resumable.resume_from(offset)
        if place is None or not resumable.belongs_to(session):
            return False
        rooms: list[str] = []
        missed: list[Envelope] | None = None
        try:
            if not await self._observers.resumed(session, resumable.rooms):
                return False
            for room in resumable.rooms:
                await self._backplane.subscribe(room)
                rooms.append(room)
            missed = await self._backplane.replay({EVERYONE: resumable.start.number, **resumable.rooms}, place)
            if missed is not None and sum(len(one.payload) for one in missed) > _MAX_REPLAY_BYTES:
                missed = None
        finally:
            if missed is None:
                await self._undo(session, rooms)
        if missed is None:
            return False
        client.sid, client.session = resumable.sid, session
        client.resuming = Resuming(resumable, missed)
        return True

    async def _undo(self, session: Session, rooms: Collection[str]) -> None:
        for room in rooms:
            self._backplane.unsubscribe(room)
        await self._observers.disconnected(session)

    async def abandon(self, client: Connection, resuming: Resuming) -> None:
        """The transport was lost again before the client had its answer: it may try once more."""
        await self._undo(client.session, resuming.session.rooms)
        await self._recovery.put_back(resuming.session)

    def enter_rooms(self, client: Connection, resuming: Resuming) -> None:
        """Put the client back into its rooms, as of the numbers at which it first entered them."""
        client.joined = resuming.session.start.number
        for room, number in resuming.session.rooms.items():
            self._connections.rooms.join(client, room, number)

    async def replay_missed(self, client: Connection, resuming: Resuming) -> None:
        """Send what was missed, in its order, then the newest value of every latest-wins event of its rooms."""
        client.socket.catch_up([packet_of(envelope, numbered=True) for envelope in resuming.missed])
        self._metrics.fanned_out(len(resuming.missed))
        for envelope in await self._backplane.latest([EVERYONE, *resuming.session.rooms]):
            client.socket.offer(outgoing_of(envelope, numbered=False))

    def resumable(self, client: Connection) -> Resumable:
        """What is kept of a connection that ends here now."""
        here = self._backplane.place
        return Resumable(
            sid=client.sid,
            member=client.session.member,
            user_id=client.session.user_id,
            token_family=client.session.token_family,
            rooms=dict(self._connections.rooms.of(client)),
            start=Offset(here.epoch, client.joined),
            sent=here,
        )
