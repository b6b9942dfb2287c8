"""How many connections of any kind each address has, and whether it may have another one."""

from __future__ import annotations

import functools
import ipaddress


class AddressCounts:
    """Open connections by the address of their peer; an IPv6 network of 64 bits, which is one customer's, is one.

    Args:
        cap: For an address of the Internet.
        private_cap: For one of a private network, where many may be behind one; None for no cap.
    """

    def __init__(self, cap: int, private_cap: int | None) -> None:
        self._cap = cap
        self._private_cap = private_cap
        self._least = cap if private_cap is None else min(cap, private_cap)
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        """How many addresses have a connection."""
        return len(self._held)

    def has_room(self, address: str) -> bool:
        """Whether another connection of this address is welcome."""
        network, private = _network(address)
        held = self._held.get(network, 0)
        if held < self._least:
            return True
        cap = self._private_cap if private else self._cap
        return cap is None or held < cap

    def enter(self, address: str) -> None:
        """A connection of this address has begun."""
        network, _ = _network(address)
        self._held[network] = self._held.get(network, 0) + 1

    def leave(self, address: str) -> None:
        """A connection of this address is over."""
        network, _ = _network(address)
        left = self._held[network] - 1
        if left:
            self._held[network] = left
        else:
            del self._held[network]


@functools.lru_cache(maxsize=4096)
def _network(address: str) -> tuple[str, bool]:
    """Whose an address is, and whether that is somebody of a private network."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address, True  # a Unix socket: its other end is on this machine
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:  # a listener for both versions sees those of the fourth like this
            return str(ip.ipv4_mapped), ip.ipv4_mapped.is_private
        return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, 64))), ip.is_private
    return address, ip.is_private
