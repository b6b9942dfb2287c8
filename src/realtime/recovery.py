"""Connection state recovery: a connection that was cut goes on where it was, on any worker.

A session only says where a connection was; who stands behind the new one is asked anew. It is kept in Redis from the
moment a connection is lost. A connection whose loss nobody has noticed yet (the client moved to another network) is
still held by its worker: that one is asked to give it up.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import structlog

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.session import Session
from realtime.backplane import Backplane
from realtime.offsets import Envelope, Offset

log = structlog.get_logger(__name__)

SECONDS = 120
"""How long a cut connection can be resumed. Socket.IO's own default; a snapshot is the better answer after it."""
ROOM = "~recovery"
"""Where workers ask each other for connections."""

_KEY = "rt:{rt}:session:"
_MAX_PID = 64  # a client may send anything
_MAC_BYTES = 15  # whoever knows a pid may ask for its session, so it cannot be guessed
_ASK_SECONDS = 1.0  # for the answer of a worker that holds the connection; one that was killed never answers
_UNSAVED = 20_000  # sessions kept here while Redis is away, at about 500 bytes
_WANTED, _GIVEN = "wanted", "given"


class Resumable(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that was cut.

    Attributes:
        sid: The connection's id, which it keeps.
        member: Who it was (see `kit.session.Session`).
        token_family: The sign-in it came from; None for a guest.
        rooms: Room -> the number at which it joined.
        start: The place at which the connection began: where a client without an offset is resumed.
        sent: The newest place that it can have been sent (`Backplane.place` when it was cut).
    """

    sid: str
    member: str
    user_id: str | None
    token_family: str | None
    rooms: dict[str, int]
    start: Offset
    sent: Offset

    def belongs_to(self, session: Session) -> bool:
        """Whether the caller, authenticated anew, is the one who was cut."""
        return (self.member, self.user_id, self.token_family) == (
            session.member,
            session.user_id,
            session.token_family,
        )

    def resume_from(self, offset: object) -> Offset | None:
        """The place after which events were missed, by the offset that the client gives (or does not give) back.

        None when the client names a place that it cannot have: in another epoch, or beyond what it was sent.
        """
        if offset is None:
            return self.start
        place = Offset.parse(offset)
        if place is None or place.epoch != self.sent.epoch or place.number > self.sent.number:
            return None
        return place


class Recovery:
    """The sessions of all workers, seen from this one.

    Args:
        secret: The same on all workers; private ids are made with it.
        cut: Ends a connection of this worker, by its id, so that it can be resumed; False if there is none.
        spawn: Does something beside the caller's own work.
        seconds: How long a session is kept.
    """

    def __init__(
        self,
        backplane: Backplane,
        *,
        secret: str,
        cut: Callable[[str], bool],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        seconds: float = SECONDS,
    ) -> None:
        self._backplane = backplane
        self._spawn = spawn
        self._key = hashlib.sha256(b"recovery\0" + secret.encode()).digest()
        self._cut = cut
        self._seconds = seconds
        self._leaving: dict[str, Resumable] = {}
        self._unsaved: dict[str, tuple[float, Resumable]] = {}
        self._wanted: dict[str, asyncio.Future[Resumable]] = {}
        self._owed: set[str] = set()

    def pid(self, sid: str) -> str:
        """The private id of a connection: known to nobody but its client, and told from its id by all workers."""
        mac = hashlib.blake2b(sid.encode(), key=self._key, digest_size=_MAC_BYTES).digest()
        return f"{sid}.{urlsafe_b64encode(mac).decode()}"

    def claimed(self, pid: object) -> str | None:
        """The id of the connection that somebody with this pid had; None for anything that was never given out."""
        if not isinstance(pid, str) or not 0 < len(pid) <= _MAX_PID or not pid.isascii():
            return None
        sid, _, _ = pid.rpartition(".")
        return sid if hmac.compare_digest(pid, self.pid(sid)) else None

    # Where connections end

    def leaving(self, session: Resumable) -> None:
        """A connection was cut; `left` follows when nothing of it is going on any more."""
        self._leaving[session.sid] = session

    async def left(self, sid: str) -> None:
        """Give the connection to whoever wants to resume it, or keep it until somebody does."""
        session = self._leaving.pop(sid, None)
        if session is None:
            return
        wanted = self._wanted.get(sid)
        try:
            if wanted is not None and not wanted.done():
                wanted.set_result(session)
            elif sid in self._owed:
                await self._say(_GIVEN, session)
            else:
                await self._save(session)
        except Unavailable:
            self._unsaved[sid] = (asyncio.get_running_loop().time() + self._seconds, session)
            if len(self._unsaved) > _UNSAVED:
                del self._unsaved[next(iter(self._unsaved))]
        finally:
            self._owed.discard(sid)

    async def put_back(self, session: Resumable) -> None:
        """The session was taken, but its connection could not be resumed now: the client tries again."""
        self._leaving[session.sid] = session
        await self.left(session.sid)

    async def save_unsaved(self) -> None:
        """Keep in Redis, now that it may answer again, what could not be kept when it did not."""
        now = asyncio.get_running_loop().time()
        for sid, (until, session) in list(self._unsaved.items()):
            if until > now and self._unsaved.pop(sid, None) is not None:
                await self.put_back(session)
                if sid in self._unsaved:
                    return
            else:
                self._unsaved.pop(sid, None)

    async def _save(self, session: Resumable) -> None:
        milliseconds = round(self._seconds * 1000)
        await self._backplane.command("SET", _KEY + session.sid, msgspec.msgpack.encode(session), "PX", milliseconds)

    # Where they come back

    async def take(self, sid: str) -> Resumable | None:
        """The session of a connection, which cannot be taken again; None when there is none. Raises `Unavailable`."""
        if sid in self._wanted:
            return None
        _, kept = self._unsaved.pop(sid, (0.0, None))
        if kept is not None:
            return kept
        here = self._cut(sid) or sid in self._leaving
        if not here:
            found = await self._find(sid)
            if found is not None:
                return found
        return await self._ask(sid, others=not here) or await self._find(sid)

    async def _find(self, sid: str) -> Resumable | None:
        found = await self._backplane.command("GETDEL", _KEY + sid)
        return msgspec.msgpack.decode(found, type=Resumable) if found else None

    async def _ask(self, sid: str, *, others: bool) -> Resumable | None:
        """Wait until the worker that holds the connection has given it up; None if nobody does in time."""
        answer = self._wanted[sid] = asyncio.get_running_loop().create_future()
        try:
            if others:
                await self._say(_WANTED, sid)
            return await asyncio.wait_for(answer, _ASK_SECONDS)
        except TimeoutError:
            return None
        finally:
            del self._wanted[sid]

    async def _say(self, event: str, content: object) -> None:
        await self._backplane.publish(ROOM, event, msgspec.msgpack.encode(content), Policy.CONTROL, None)

    def hear(self, envelope: Envelope) -> None:
        """What another worker (or this one) said in `ROOM`."""
        if envelope.event == _GIVEN:
            session = msgspec.msgpack.decode(envelope.payload, type=Resumable)
            wanted = self._wanted.get(session.sid)
            if wanted is not None and not wanted.done():
                wanted.set_result(session)
        elif envelope.event == _WANTED:
            sid = msgspec.msgpack.decode(envelope.payload, type=str)
            if sid in self._wanted:
                return
            if sid in self._unsaved:
                _, self._leaving[sid] = self._unsaved.pop(sid)
                self._owed.add(sid)
                self._spawn(self.left(sid))
            elif self._cut(sid) or sid in self._leaving:
                self._owed.add(sid)
