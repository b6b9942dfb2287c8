"""Whose word about an address is taken: said exactly, or the server does not start."""

from __future__ import annotations

import pytest

from touchline.settings import SettingsError, load


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("127.0.0.1", ("127.0.0.1",)),
        (" 10.0.0.10 , 172.31.77.0/24,,::1, fd00::/8 ", ("10.0.0.10", "172.31.77.0/24", "::1", "fd00::/8")),
        ("", ()),
    ],
)
def test_addresses_and_networks_are_taken(raw: str, read: tuple[str, ...]) -> None:
    assert load({"TOUCHLINE_TRUSTED_PROXIES": raw}).trusted_proxies == read


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("*", "* would believe everybody"),
        ("10.0.0.1,*", "* would believe everybody"),
        ("0.0.0.0/0", "half the Internet"),
        ("::/0", "half the Internet"),
        ("128.0.0.0/1", "half the Internet"),
        ("10.0.0.1/24", "its network is 10.0.0.0/24"),
        ("nginx", "names are not resolved"),
        ("localhost", "names are not resolved"),
        ("10.0.0.1:8000", "no address or network"),
        ("10.0.0.256", "no address or network"),
        ("10.0.0.1 10.0.0.2", "no address or network"),
        ("10.0.0.1;10.0.0.2", "no address or network"),
        ("10.0.0.0-10.0.0.9", "no address or network"),
        ("unix:", "no address or network"),
    ],
)
def test_what_would_believe_anybody_or_nobody_is_refused(raw: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"TOUCHLINE_TRUSTED_PROXIES": raw})
    (problem,) = refused.value.problems
    assert problem.startswith("TOUCHLINE_TRUSTED_PROXIES: ")
    assert said in problem
