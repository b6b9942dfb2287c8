"""How many connections each address has, and whether it may have another one."""

from __future__ import annotations

import functools
import ipaddress


class Addresses:
    """Open connections by the address of their peer.

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
        held = self._held.get(address, 0)
        if held < self._least:
            return True
        cap = self._private_cap if _is_private(address) else self._cap
        return cap is None or held < cap

    def enter(self, address: str) -> None:
        """A connection of this address has begun."""
        self._held[address] = self._held.get(address, 0) + 1

    def leave(self, address: str) -> None:
        """A connection of this address is over."""
        left = self._held[address] - 1
        if left:
            self._held[address] = left
        else:
            del self._held[address]


@functools.lru_cache(maxsize=1024)
def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return True  # a Unix socket: its other end is on this machine
