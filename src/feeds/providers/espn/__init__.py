"""ESPN's public scoreboard and summary (site.api.espn.com): polled, without a key, undocumented, changed at will.

Everything that is not understood is counted and left out.
"""

from __future__ import annotations

from feeds.providers.espn.adapter import BASE_URL, INTERVAL_S, Espn

__all__ = ["BASE_URL", "INTERVAL_S", "Espn"]
