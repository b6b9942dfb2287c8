"""Admission: who stands behind a client that asks to connect, and whether it goes on where another connection was cut.

`lifecycle` asks it for every CONNECT packet. Whether there is room for the connection at all was decided before, by
`engineio_server`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from kit.errors import InvalidPayload, Unavailable
from kit.metrics import Metrics
from realtime.connections import Connection
from realtime.ports import Authenticator
from realtime.recovery import Recovery
from realtime.resumption import Resumption

_MAX_AUTH_BYTES = 8 * 1024


class Admission:
    """Decides about the clients of this worker.

    Attributes:
        authenticator: Says who they are; nobody is admitted before there is one.

    Args:
        draining: Whether the worker admits nobody any more.
    """

    def __init__(
        self, *, recovery: Recovery, resumption: Resumption, draining: Callable[[], bool], metrics: Metrics
    ) -> None:
        self.authenticator: Authenticator | None = None
        self._recovery = recovery
        self._resumption = resumption
        self._draining = draining
        self._metrics = metrics

    async def admit(self, client: Connection, auth: dict[str, Any] | None) -> None:
        """Authenticate a client, and find out whether it goes on where another connection was cut.

        Args:
            client: Gets its session, and with `resuming` what it goes on from.
            auth: What came with CONNECT; `pid`, `offset` and `recovery` in it are the engine's own.

        Raises:
            DomainError: The client is refused.
            Unavailable: It shall try again by itself.
        """
        if self._draining() or self.authenticator is None:
            raise Unavailable("This server is stopping; connect again.")
        auth = dict(auth or {})
        if len(msgspec.json.encode(auth)) > _MAX_AUTH_BYTES:
            raise InvalidPayload("`auth` is an object of at most 8 KiB.")
        pid, offset = auth.pop("pid", None), auth.pop("offset", None)
        client.recovery = auth.pop("recovery", True) is not False
        claimed = self._recovery.claimed(pid) if client.recovery else None
        # A guest without a device is known by its connection: the pid shows that it had that one.
        session = await self.authenticator.authenticate(claimed or client.sid, auth, client.socket.address)
        client.session = session if claimed is None else replace(session, connection_id=client.sid)
        if claimed is None:
            return
        resumable = await self._recovery.take(claimed)
        if resumable is None:
            self._metrics.recoveries.labels("unknown").inc()
            return
        try:
            resumed = await self._resumption.resume(client, resumable, offset)
        except Unavailable:
            await self._recovery.put_back(resumable)
            raise
        self._metrics.recoveries.labels("resumed" if resumed else "refused").inc()
