"""The packet types of Engine.IO, protocol revision 4, as far as the server writes or splits them.

`engineio_socket`, `upgrade` and `polling` use these. Message packets (type 4) are Socket.IO's: `socketio_packets`.
"""

from __future__ import annotations

CLOSE, PING, NOOP = b"1", b"2", b"6"
SEPARATOR = "\x1e"
"""Between the packets of one HTTP body."""


class PacketError(Exception):
    """The peer sent something that is not a packet; its connection ends."""
