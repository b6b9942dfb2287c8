"""What is kept of a connection that was cut, so that it can be resumed on any worker (connection state recovery).

The engine saves when a transport is lost and takes when a client comes back with its `pid`. Who stands behind the new
connection is asked anew; a session only says where it was.
"""

from __future__ import annotations

import secrets

import msgspec

from kit.session import Session
from realtime.backplane import Backplane
from realtime.offsets import Offset

SECONDS = 120
"""How long a cut connection can be resumed. Socket.IO's own default; a snapshot is the better answer after it."""
_KEY = "rt:{rt}:session:"
_PID_BYTES = 18  # whoever knows a pid may ask for its session, so it cannot be guessed
_MAX_PID = 64  # a client may send anything


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

    pid: str
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


def new_pid() -> str:
    """A private session id."""
    return secrets.token_urlsafe(_PID_BYTES)


class RecoverySessions:
    """The sessions of all workers, in Redis."""

    def __init__(self, backplane: Backplane, *, seconds: float = SECONDS) -> None:
        self._backplane = backplane
        self._milliseconds = round(seconds * 1000)

    async def save(self, session: Resumable) -> None:
        """Keep a session for two minutes; raises `Unavailable` (the client then takes a new snapshot)."""
        await self._backplane.command(
            "SET", _KEY + session.pid, msgspec.msgpack.encode(session), "PX", self._milliseconds
        )

    async def take(self, pid: object) -> Resumable | None:
        """The session of a pid, which cannot be taken again; None when there is none. Raises `Unavailable`."""
        if not isinstance(pid, str) or not 0 < len(pid) <= _MAX_PID:
            return None
        found = await self._backplane.command("GETDEL", _KEY + pid)
        return msgspec.msgpack.decode(found, type=Resumable) if found else None
