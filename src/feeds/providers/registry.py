"""The live providers, one line each.

The service and the supervisor look providers up here. A new one is a file in this folder with a `PROVIDER`, a line
here, and its name in `feeds.contracts.ProviderName`, which a test holds against this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from feeds.providers import espn, page, sportradar, thesportsdb
from feeds.providers.provider import Provider
from kit.errors import InvalidPayload

PROVIDERS: Mapping[str, Provider] = {
    one.name: one
    for one in (
        espn.PROVIDER,
        sportradar.PROVIDER,
        thesportsdb.PROVIDER,
        page.PROVIDER,
    )
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

    Args:
        environ: The server's environment.
        name: The variable that holds the key.
        provider: Whose key it is.
        base_url: Where the feed would send it.

    Raises:
        InvalidPayload: The base URL's host is none of them.
    """
    host = urlsplit(base_url).hostname or ""
    hosts = {one.strip().lower() for one in environ.get(f"{name}_HOSTS", "").split(",")}
    if host not in hosts and (provider.base_url is None or host != urlsplit(provider.base_url).hostname):
        raise InvalidPayload(
            f"The key in {name} is not for {host}: whoever runs the server allows it with {name}_HOSTS={host}."
        )
