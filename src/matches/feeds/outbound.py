"""The way out to a provider: only to where the configuration says, with deadlines and bounds, and no key in any log."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx

from kit.clock import Clock
from kit.errors import InvalidPayload, Unavailable

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one answer: ESPN's largest summaries of one match have some 2 MB."""

MAX_LINE = 256 * 1024
"""Bytes of one message of a push stream; real ones have 1 to 5 kB."""

MAX_REDIRECTS = 3
"""Hops of one request: Sportradar's push stream needs one."""

MAX_RETRY_AFTER_S = 3600.0
"""However long a provider sends us away, within the hour we look again."""

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
"""Seconds between two pieces of an answer; a whole one has `TOTAL_S`."""

TOTAL_S = 30.0
"""Seconds for one whole answer, however slowly it trickles."""


class FeedError(Unavailable):
    """A provider gave no answer that can be used.

    `provider_wide` tells whether other matches of the same provider will fare alike, so that its breaker counts it.
    """

    def __init__(self, message: str, *, provider_wide: bool, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.provider_wide = provider_wide


def check_base_url(url: str) -> str:
    """A base URL that may be asked: https, or http on the loopback; returned without a final slash.

    Raises:
        InvalidPayload: It is another one, or holds credentials, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidPayload("The base URL cannot be read.") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidPayload("The base URL must not hold credentials, a query or a fragment.")
    if not host or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not _loopback(host)):
        raise InvalidPayload("The base URL begins with https:// (http:// only on this machine).")
    if parts.scheme == "https" and _private(host):
        raise InvalidPayload("The base URL must not name a private address.")
    return url.rstrip("/")


def check_redirect_host(host: str) -> str:
    """A host that redirects may lead to; raises `InvalidPayload` for a private address, as for a base URL."""
    if _private(host):
        raise InvalidPayload(f"`redirectHosts` must not name a private address: {host}.")
    return host


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Resolvers read `2852039166`, `0xa9fea9fe` and `127.1` as addresses, and no name's last label begins so.
        return host.rstrip(".").rpartition(".")[2][:1].isdigit()
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not address.is_global and not address.is_loopback


class Answer:
    """A whole answer: its body, and the tag to ask with next time."""

    __slots__ = ("body", "etag")

    def __init__(self, body: bytes, etag: str | None) -> None:
        self.body = body
        self.etag = etag


class Outbound:
    """Asks one provider. Nothing that it raises names a path or a query, since some providers put keys there."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, *, clock: Clock, redirect_hosts: Collection[str] = ()
    ) -> None:
        """Use an HTTP client that follows no redirects by itself.

        Args:
            http: The client, shared by all feeds.
            base_url: As `check_base_url` returns it.
            clock: For a `Retry-After` that is a date.
            redirect_hosts: Hosts beside the base URL's own that redirects may lead to.
        """
        self.base_url = base_url
        self._http = http
        self._clock = clock
        self._host = urlsplit(base_url).hostname or ""
        self._hosts = {self._host, *redirect_hosts}

    async def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None,
        etag: str | None = None,
    ) -> Answer | None:  # fmt: skip
        """One answer, or None when it is still the one with this `etag`. Raises `FeedError`."""
        asked = {**(headers or {}), **({"If-None-Match": etag} if etag else {})}
        started = self._clock.now_ms()
        async with self._open(path, asked, params) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MAX_BODY:
                    raise FeedError(f"The answer has more than {MAX_BODY} bytes.", provider_wide=False)
                if self._clock.now_ms() - started > TOTAL_S * 1000:
                    raise FeedError(f"The answer took more than {TOTAL_S:g} s.", provider_wide=True)
            return Answer(bytes(body), response.headers.get("ETag"))

    @asynccontextmanager
    async def lines(
        self, path: str, *, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of an answer that does not end; how long it may be silent is the reader's affair.

        Raises:
            FeedError: There is no such answer, it breaks off with an error, or a line is too long.
        """
        async with self._open(path, headers or {}, params, patience=httpx.Timeout(10.0, read=None)) as response:
            yield _lines(response)

    @asynccontextmanager
    async def _open(
        self, path: str, headers: Mapping[str, str], params: Mapping[str, str] | None,
        patience: httpx.Timeout = TIMEOUT,
    ) -> AsyncIterator[httpx.Response]:  # fmt: skip
        url, sent = f"{self.base_url}/{path.lstrip('/')}", dict(headers)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                request = self._http.build_request("GET", url, headers=sent, params=params, timeout=patience)
                response = await self._http.send(request, stream=True, follow_redirects=False)
                try:
                    if response.has_redirect_location:
                        url, sent = self._next(str(request.url), response, sent)
                        params = None
                        continue
                    self._judge(response)
                    yield response
                    return
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FeedError(f"There is no whole answer ({type(error).__name__}).", provider_wide=True) from None
        raise FeedError(f"More than {MAX_REDIRECTS} redirects.", provider_wide=True)

    def _next(self, asked: str, response: httpx.Response, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Where a redirect leads, and what may be said there: a key stays with the host it was made for."""
        try:
            url = urljoin(asked, response.headers.get("Location", ""))
            parts = urlsplit(url)
        except ValueError:
            raise FeedError("The provider redirects to nowhere.", provider_wide=True) from None
        secure = parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname or ""))
        if parts.hostname not in self._hosts or not secure:
            raise FeedError(
                f"The provider redirects to {str(parts.hostname)[:100]}, which is not among `redirectHosts`.",
                provider_wide=True,
            )
        return url, headers if parts.netloc == urlsplit(self.base_url).netloc else {}

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success or status == httpx.codes.NOT_MODIFIED:
            return
        raise FeedError(
            f"The provider answered {status}.",
            # What is wrong with one match, such as 404, says nothing of the others.
            provider_wide=status >= 500 or status in (401, 403, 408, 429),
            retry_after=self._retry_after(response.headers.get("Retry-After")),
        )

    def _retry_after(self, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            seconds = float(value)
        except ValueError:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - self._clock.now_ms() / 1000
            except (ValueError, OverflowError):
                return None
        return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) if seconds == seconds else None  # noqa: PLR0124 - NaN


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    rest = bytearray()
    async for piece in response.aiter_bytes():
        rest += piece
        while (end := rest.find(b"\n")) >= 0:
            line = bytes(rest[:end]).strip()
            del rest[: end + 1]
            if line:
                yield line
        if len(rest) > MAX_LINE:
            raise FeedError(f"A message has more than {MAX_LINE} bytes.", provider_wide=False)


def new_client() -> httpx.AsyncClient:
    """The HTTP client of all feeds: follows nothing, reads no proxy or netrc of the environment."""
    return httpx.AsyncClient(
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        # A push stream holds its connection; the bound is the number of feeds (`matches.feeds.service.MAX_FEEDS`).
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=50),
        headers={"User-Agent": "touchline", "Accept": "application/json"},
    )
