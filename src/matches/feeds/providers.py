"""The live providers, one line each: how an adapter is made, and what a feed is without further words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kit.errors import InvalidPayload
from matches.contracts import Sport
from matches.feeds import espn, sportradar, thesportsdb
from matches.feeds.adapter import Adapter, Target
from matches.feeds.outbound import Outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider's defaults and needs. `make` gets the API key, which is empty where none is needed."""

    base_url: str
    interval_s: float
    sports: frozenset[Sport]
    needs_key: bool
    options: frozenset[str]
    needs: frozenset[str]
    score_only: bool
    make: Callable[[Target, Outbound, str], Adapter]


PROVIDERS: Mapping[str, Provider] = {
    "espn": Provider(
        base_url=espn.BASE_URL,
        interval_s=espn.INTERVAL_S,
        sports=frozenset({"football", "basketball", "cricket", "tennis"}),
        needs_key=False,
        options=frozenset({"league"}),
        needs=frozenset({"league"}),
        score_only=False,
        make=lambda target, outbound, _key: espn.Espn(target, outbound),
    ),
    "sportradar": Provider(
        base_url=sportradar.BASE_URL,
        interval_s=sportradar.INTERVAL_S,
        sports=frozenset({"football", "basketball"}),
        needs_key=True,
        options=frozenset({"access", "language", "push"}),
        needs=frozenset(),
        score_only=False,
        make=sportradar.Sportradar,
    ),
    "thesportsdb": Provider(
        base_url=thesportsdb.BASE_URL,
        interval_s=thesportsdb.INTERVAL_S,
        sports=frozenset({"football", "basketball"}),
        needs_key=True,
        options=frozenset({"version"}),
        needs=frozenset(),
        score_only=True,
        make=thesportsdb.TheSportsDb,
    ),
}


def provider_named(name: str) -> Provider:
    """A provider; raises `InvalidPayload`."""
    provider = PROVIDERS.get(name)
    if provider is None:
        raise InvalidPayload(f"The provider must be one of {', '.join(PROVIDERS)}.")
    return provider
