"""The live providers, one line each: how an adapter is made, and what a feed is without further words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds.adapter import Adapter, Target
from feeds.outbound import Outbound
from feeds.providers import espn, sportradar, thesportsdb
from kit.errors import InvalidPayload
from scoring.model import Sport


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


def check_key_host(environ: Mapping[str, str], name: str, provider: Provider, base_url: str) -> None:
    """See that a key goes only to whom it was made for: the provider itself, or the hosts that its owner names.

    Who may configure feeds must not be able to have the installation's keys sent to a server of their own. The hosts
    of `FEED_X` beside the provider's are in the environment too, as `FEED_X_HOSTS`, separated by commas.

    Raises:
        InvalidPayload: The base URL's host is none of them.
    """
    host = urlsplit(base_url).hostname or ""
    hosts = {one.strip().lower() for one in environ.get(f"{name}_HOSTS", "").split(",")}
    if host != urlsplit(provider.base_url).hostname and host not in hosts:
        raise InvalidPayload(
            f"The key in {name} is not for {host}: whoever runs the server allows it with {name}_HOSTS={host}."
        )
