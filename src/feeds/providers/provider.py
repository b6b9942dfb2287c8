"""What a provider says of itself: how its adapter is made, and what a feed of it needs.

Each file of this folder has one `PROVIDER`, which the registry lists; the service checks configurations by it, and the
supervisor makes adapters with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feeds.adapter import Adapter, Target
from feeds.contracts import ProviderName
from feeds.crawling import Crawler
from feeds.outbound import Outbound
from kit.errors import InvalidPayload
from scoring.model import Sport

_PLAIN = re.compile(r"[0-9A-Za-z._-]{1,100}")


def check_plain(options: Mapping[str, str], sport: Sport) -> None:  # noqa: ARG001 - the same for all sports
    """Options that may stand in an address as they are; raises `InvalidPayload` for others."""
    for name, value in options.items():
        if not _PLAIN.fullmatch(value):
            raise InvalidPayload(f"options: {name} has up to 100 letters, digits, dots, dashes and underscores.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What an adapter asks with. `key` is the API key, empty where none is configured; `crawler` is for web pages."""

    outbound: Outbound
    crawler: Crawler
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider's defaults and needs.

    Attributes:
        name: On the wire; it stands in `feeds.contracts.ProviderName` too.
        make: The adapter of one match; raises `InvalidPayload` where the options are wrong.
        base_url: The provider's own; None where each feed has to give one.
        interval_s: Seconds between two questions unless a feed says otherwise.
        sports: What it is read for.
        min_interval_s: The least that a feed may say.
        options: The names of all that may be configured.
        needs: Those of them that must be.
        check_options: Raises `InvalidPayload` where a value is wrong for a sport.
        needs_key: It does not answer without an API key.
        needs_external_id: It knows matches by ids of its own.
        score_only: It states scores, no events.
    """

    name: ProviderName
    make: Callable[[Target, Access], Adapter]
    base_url: str | None
    interval_s: float
    sports: frozenset[Sport]
    min_interval_s: float = 1.0
    options: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    check_options: Callable[[Mapping[str, str], Sport], object] = check_plain
    needs_key: bool = False
    needs_external_id: bool = True
    score_only: bool = False
