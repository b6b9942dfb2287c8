"""ESPN's public scoreboard and summary (site.api.espn.com): polled, without a key, undocumented, changed at will.

Everything that is not understood is counted and left out. `adapter.py` asks, finds the match and reads how it stands;
a file for each sport reads what is particular to it.
"""

from __future__ import annotations

from feeds.providers.espn.adapter import BASE_URL, INTERVAL_S, Espn
from feeds.providers.provider import Provider

__all__ = ["BASE_URL", "INTERVAL_S", "PROVIDER", "Espn"]

PROVIDER = Provider(
    name="espn",
    make=lambda target, access: Espn(target, access.outbound),
    base_url=BASE_URL,
    interval_s=INTERVAL_S,
    sports=frozenset({"football", "basketball", "cricket", "tennis"}),
    options=frozenset({"league"}),
    needs=frozenset({"league"}),
)
