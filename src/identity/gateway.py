"""Identity on the socket: a connection that stays open gets a fresh access token."""

from __future__ import annotations

from identity.contracts import Renew, SessionExpiry
from identity.ports import Connections
from identity.service import IdentityService
from kit.contracts import Instant
from kit.gateway import Gateway, event
from kit.rate_limits import Rate, Scope
from kit.session import SIGNED_IN, Session


class IdentityGateway(Gateway):
    """Keeps a connection's session alive."""

    def __init__(self, service: IdentityService, connections: Connections) -> None:
        self._service = service
        self._connections = connections

    @event("session:renew", roles=SIGNED_IN, rate=Rate(10, per=60, scope=Scope.CONNECTION))
    async def renew(self, session: Session, cmd: Renew) -> SessionExpiry:
        """Give an open connection a fresh access token of the same user."""
        renewed = await self._service.authenticate(session.connection_id, {"token": cmd.token}, session.address)
        self._connections.renew(renewed)
        return SessionExpiry(expires_at=Instant(int((renewed.expires_at or 0) * 1000)))
