"""One address has a share of the connections, however it is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime.address_counts import AddressCounts


def test_the_networks_of_one_customer_count_together() -> None:
    addresses = AddressCounts(2, None)
    for pair in (("2a00::1", "2a00::2"), ("8.8.8.8", "::ffff:8.8.8.8")):
        for address in pair:
            assert addresses.has_room(address)
            addresses.enter(address)
        assert not addresses.has_room(pair[0])
        assert not addresses.has_room(pair[1])
    assert addresses.has_room("2a00:0:0:1::1")
    for address in ("127.0.0.1", "10.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"):
        for _ in range(5):
            addresses.enter(address)
        assert addresses.has_room(address), "private addresses have no cap"


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=10), max_size=30))
def test_what_left_is_forgotten(peers: list[str]) -> None:
    addresses = AddressCounts(3, None)
    for peer in peers:
        addresses.enter(peer)
    for peer in peers:
        addresses.leave(peer)
    assert len(addresses) == 0
