"""Sessions that end: a warning a minute before, once, and then the connection is closed to come back."""

from __future__ import annotations

from kit.contracts import Policy, Reply, ServerEvent
from realtime.backpressure import OPEN
from realtime.closing import SessionCloser
from realtime.session_expiry import SessionExpiryWatch
from tests.support.local_connections import LocalConnections


class Expiring(Reply, frozen=True, kw_only=True):
    at: float


EXPIRING = ServerEvent("test:expiring", Expiring, Policy.CONTROL, "It ends soon.")


async def test_who_does_not_renew_is_warned_once_and_closed() -> None:
    local = LocalConnections()
    watch = SessionExpiryWatch(local.connections, SessionCloser(local.connections, local.server, local.metrics))
    watch.warn_with(EXPIRING, lambda at: Expiring(at=at))
    guest, late, renews = local.open(), local.open(expires_at=1000.0), local.open(expires_at=1000.0)
    watch.check(939.0)
    watch.check(940.0)
    assert [local.sent(one) for one in (guest, late, renews)] == [[], [], []]
    for now in (940.5, 941.5, 999.9):
        watch.check(now)
    warning = ["test:expiring", {"at": 1000.0}]
    assert [local.sent(one) for one in (guest, late, renews)] == [[], [warning], [warning]]
    renews.session, renews.warned = guest.session, False
    watch.check(1000.0)
    assert local.sent(late) == [["session:closing", {"code": "token_expired", "reconnect": True}]]
    assert late.socket.state != OPEN
    assert local.connections.all() == [guest, renews]
    assert [local.sent(one) for one in (guest, renews)] == [[], []]
    await local.server.settled(5)
