"""Asks for pages of sites that were made for people: `robots.txt` is obeyed, and every host is left its pauses.

Providers that read web pages ask through the one `Crawler` that the supervisor makes. It must never ask for a page
that the site's `robots.txt` (RFC 9309) closes to us, nor ask a host twice within its pause, for all feeds together.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from feeds.client import Pacer
from feeds.outbound import Answer, FeedError, Outbound
from kit.lru import LruCache

PRODUCT_TOKEN = "touchline"  # noqa: S105 - a crawler's name
"""What `robots.txt` calls us (RFC 9309, 2.2.1): the name in our `User-Agent`."""

PAUSE_S = 30.0
"""Seconds between two questions to a host; `Crawl-delay` may make them more."""

MAX_PAUSE_S = 86_400.0
"""A site that asks for longer pauses than a day is asked once a day."""

ROBOTS_S = 86_400.0
"""Seconds that a `robots.txt` is kept (RFC 9309, 2.4: at most a day)."""

UNREACHABLE_S = 600.0
"""Seconds until a `robots.txt` that could not be had is asked for again; meanwhile the site counts as closed."""

MAX_ROBOTS = 512 * 1024
"""Bytes of a `robots.txt` that are read (RFC 9309, 2.5: at least 500 KiB)."""

MAX_PAGE = 1024 * 1024
"""Bytes of a page: results of a whole match day have some 300 kB."""

MAX_SITES = 1_000
"""Sites whose `robots.txt` is kept, and hosts that are remembered beyond their pause: as many as there may be feeds."""

SHARED_PAGES, SHARED_BYTES = 16, 8 * 1024 * 1024
"""Pages that are kept for other feeds of the same address within the pause, and their bytes in all."""


@dataclass(slots=True)
class _Robots:
    """What a site's `robots.txt` says; without rules all is allowed, with `closed` nothing is."""

    until_ms: int
    rules: Protego | None = None
    closed: str | None = None

    def permit(self, url: str) -> None:
        """Raise `FeedError` where this URL may not be asked."""
        if self.closed is not None:
            raise FeedError(self.closed, provider_wide=False)
        if self.rules is not None and not self.rules.can_fetch(url, PRODUCT_TOKEN):
            raise FeedError("The site's robots.txt does not allow this page.", provider_wide=False)

    @property
    def pause_s(self) -> float:
        delay = self.rules.crawl_delay(PRODUCT_TOKEN) if self.rules is not None else None
        return min(max(PAUSE_S, delay), MAX_PAUSE_S) if delay is not None else PAUSE_S


@dataclass(slots=True)
class _Host:
    """One host: whose turn it is, when it may be asked again, and how long its pauses are."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_ms: int = 0


class Crawler:
    """Asks for pages, for all feeds."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._hosts: dict[str, _Host] = {}
        self._robots: LruCache[_Robots] = LruCache(MAX_SITES)
        self._pages: OrderedDict[str, tuple[int, Answer]] = OrderedDict()

    async def get(
        self, outbound: Outbound, path: str, *, headers: Mapping[str, str], known: Answer | None = None
    ) -> Answer | None:
        """One page, once its host may be asked: it waits until then, behind others who ask the same host.

        A page that another feed had within the pause is not asked for again. The `robots.txt` and the page that it was
        asked for count as one question.

        Args:
            outbound: The way out to the site; redirects lead only within its origin.
            path: Below the base URL, with its query.
            headers: What is sent beside the client's own.
            known: The answer that the caller has; it is asked whether that still stands.

        Returns:
            The page; None when it is the one that is known.

        Raises:
            FeedError: The site does not allow it, or gives no answer that can be used.
        """
        url, host = outbound.url(path), self._host(outbound.origin.host)
        async with host.turn:
            shared = self._shared(url)
            if shared is not None:
                return None if known is not None and shared.body == known.body else shared
            while (wait_ms := host.next_ms - self._pacer.now_ms()) > 0:
                await self._pacer.wait(wait_ms / 1000)
            robots = await self._rules(outbound)
            robots.permit(url)
            host.next_ms = self._pacer.now_ms() + round(robots.pause_s * 1000)
            answer = await outbound.get(
                path, headers=headers, max_body=MAX_PAGE, permit=_within(outbound, robots),
                etag=known.etag if known is not None else None,
                last_modified=known.last_modified if known is not None else None,
            )  # fmt: skip
            self._share(url, answer or known, host.next_ms)
            return answer

    async def _rules(self, outbound: Outbound) -> _Robots:
        """The site's `robots.txt`: of an origin, not of a host, as RFC 9309 has it."""
        site, now = str(outbound.origin), self._pacer.now_ms()
        known = self._robots.get(site)
        if known is not None and now < known.until_ms:
            return known
        day, soon = now + round(ROBOTS_S * 1000), now + round(UNREACHABLE_S * 1000)
        try:
            answer = await outbound.at(site).get(
                "robots.txt", headers={"Accept": "text/plain, */*;q=0.1"}, max_body=MAX_ROBOTS, cut=True,
                permit=_within(outbound),
            )  # fmt: skip
        except FeedError as error:
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                found = _Robots(day)  # there are no rules (2.3.1.3)
            else:  # unreachable: all is closed (2.3.1.4)
                found = _Robots(soon, closed=f"The site's robots.txt cannot be had, so it is not read: {error.message}")
        else:
            body = answer.body if answer is not None else b""
            found = _Robots(day, rules=Protego.parse(body.decode("utf-8-sig", errors="replace")))
        self._robots.put(site, found)
        return found

    def _host(self, name: str) -> _Host:
        if name not in self._hosts and len(self._hosts) >= MAX_SITES:
            now = self._pacer.now_ms()
            self._hosts = {
                known: host for known, host in self._hosts.items() if host.turn.locked() or host.next_ms > now
            }
        return self._hosts.setdefault(name, _Host())

    def _shared(self, url: str) -> Answer | None:
        """What another feed had of this address within the pause."""
        until_ms, answer = self._pages.get(url, (0, None))
        return answer if self._pacer.now_ms() < until_ms else None

    def _share(self, url: str, answer: Answer | None, until_ms: int) -> None:
        if answer is not None:
            self._pages[url] = (until_ms, answer)
            self._pages.move_to_end(url)
        while len(self._pages) > SHARED_PAGES or sum(len(one.body) for _, one in self._pages.values()) > SHARED_BYTES:
            self._pages.popitem(last=False)


def _within(outbound: Outbound, robots: _Robots | None = None) -> Callable[[str], None]:
    """Judges each URL of a question, since a redirect may lead to a closed page or to another site."""

    def permit(url: str) -> None:
        if not outbound.is_own(url):
            raise FeedError(
                f"It redirects to another site ({urlsplit(url).hostname}): give that one's address as `baseUrl`.",
                provider_wide=False,
            )
        if robots is not None:
            robots.permit(url)

    return permit
