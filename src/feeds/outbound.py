"""Asks a provider: only where the configuration says, with deadlines and bounds, and no key in any log.

Where a connection may go at all is `kit.outbound`'s decision.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx

from kit import outbound as kit_outbound
from kit.clock import Clock
from kit.errors import InvalidPayload, Unavailable
from kit.outbound import Blocked, Guard, Origin, Unresolved, read_host

MAX_BODY = 8 * 1024 * 1024
"""Bytes of one answer, unpacked: ESPN's largest summaries of one match have some 2 MB."""

MAX_LINE = 256 * 1024
"""Bytes of one message of a push stream; real ones have 1 to 5 kB."""

MAX_REDIRECTS = 3
"""Hops of one request: Sportradar's push stream needs one."""

MAX_RETRY_AFTER_S = 3600.0
"""However long a provider sends us away, within the hour we look again."""

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
"""Seconds between two pieces of an answer; a whole one has `TOTAL_S`."""

TOTAL_S = 30.0
"""Seconds for one whole answer with its redirects, or for a stream to open, however slowly it trickles."""


class FeedError(Unavailable):
    """A provider gave no answer that can be used.

    Attributes:
        provider_wide: Other matches of the same provider will fare alike, so that its breaker counts it.
        status: The HTTP status of its answer, where there was one.
    """

    def __init__(
        self, message: str, *, provider_wide: bool, retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.provider_wide = provider_wide
        self.status = status


def check_redirect_host(host: str) -> str:
    """A host that redirects may lead to, in one form; raises `InvalidPayload` where it is no name and no address."""
    try:
        return read_host(host)
    except Blocked as error:
        raise InvalidPayload(f"Redirect hosts: {error.message}") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its body, what it is, and what to ask with next time (`ETag`, `Last-Modified`)."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = ""


class Outbound:
    """Asks one provider. Nothing that it raises names a path or a query, since some providers put keys there."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        guard: Guard,
        base_url: str,
        *,
        clock: Clock,
        redirect_hosts: Collection[str] = (),
    ) -> None:
        """Ask through a client of that guard.

        Args:
            http: As `new_client` makes it, shared by all feeds.
            guard: Judges where redirects lead.
            base_url: As `Guard.url` returns it.
            clock: For a `Retry-After` that is a date, and for adapters that ask by the day.
            redirect_hosts: Hosts beside the base URL's own that redirects may lead to, at ports that the guard allows.
        """
        self.base_url = base_url
        self._http = http
        self._guard = guard
        self.clock = clock
        self._origin = self._origin_of(base_url)
        self._hosts = frozenset(redirect_hosts)

    @property
    def origin(self) -> Origin:
        """Whom it asks."""
        return self._origin

    def at(self, base_url: str) -> Outbound:
        """The same way out to another base URL, as `Guard.url` returns it; it is redirected nowhere else."""
        return Outbound(self._http, self._guard, base_url, clock=self.clock)

    def is_own(self, url: str) -> bool:
        """Whether a URL has the base URL's origin."""
        try:
            return self._origin_of(url) == self._origin
        except (Blocked, ValueError):
            return False

    def url(self, path: str) -> str:
        """The address of a path below the base URL, which may have a query; without one it is the base URL itself."""
        return f"{self.base_url}/{path.lstrip('/')}" if path else self.base_url

    async def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None,
        etag: str | None = None, last_modified: str | None = None, max_body: int = MAX_BODY, cut: bool = False,
        permit: Callable[[str], None] | None = None,
    ) -> Answer | None:  # fmt: skip
        """One answer.

        Args:
            path: Below the base URL.
            headers: Sent beside the client's own, to the base URL's origin alone.
            params: The query.
            etag: Of the answer that the caller has.
            last_modified: The same as a time, as the server wrote it.
            max_body: Bytes of the body, unpacked.
            cut: A longer body is cut there, instead of being an error.
            permit: Called with each URL before it is asked, redirects too; may raise `FeedError`.

        Returns:
            The answer; None when it is still the one with this `etag` or of this time.

        Raises:
            FeedError: There is none that can be used.
        """
        asked = dict(headers or {})
        if etag:
            asked["If-None-Match"] = etag
        if last_modified:
            asked["If-Modified-Since"] = last_modified
        try:
            async with asyncio.timeout(TOTAL_S), self._open(path, asked, params, permit=permit) as response:
                if response.status_code == httpx.codes.NOT_MODIFIED:
                    return None
                body = bytearray()
                async for piece in _unpacked(response):
                    body += piece
                    if len(body) > max_body:
                        if cut:
                            break
                        raise FeedError(f"The answer has more than {max_body} bytes.", provider_wide=False)
                said = response.headers
                return Answer(
                    bytes(body[:max_body]), said.get("ETag"), said.get("Last-Modified"), said.get("Content-Type", "")
                )
        except TimeoutError:
            raise FeedError(f"The answer took more than {TOTAL_S:g} s.", provider_wide=True) from None

    @asynccontextmanager
    async def lines(
        self, path: str, *, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of an answer that does not end; how long it may be silent is the reader's affair.

        Args:
            path: Below the base URL.
            headers: Sent beside the client's own, to the base URL's origin alone.
            params: The query.

        Raises:
            FeedError: There is no such answer, it breaks off with an error, or a line is too long.
        """
        async with self._open(path, headers or {}, params, patience=httpx.Timeout(10.0, read=None)) as response:
            yield _lines(response)

    @asynccontextmanager
    async def _open(
        self, path: str, headers: Mapping[str, str], params: Mapping[str, str] | None,
        patience: httpx.Timeout = TIMEOUT, permit: Callable[[str], None] | None = None,
    ) -> AsyncIterator[httpx.Response]:  # fmt: skip
        try:
            response = await self._arrive(self.url(path), dict(headers), params, patience, permit)
            try:
                yield response
            finally:
                await response.aclose()
        except (Blocked, Unresolved) as error:
            raise FeedError(error.message, provider_wide=True) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FeedError(f"There is no whole answer ({type(error).__name__}).", provider_wide=True) from None

    async def _arrive(
        self, url: str, sent: dict[str, str], params: Mapping[str, str] | None, patience: httpx.Timeout,
        permit: Callable[[str], None] | None,
    ) -> httpx.Response:  # fmt: skip
        """The beginning of the answer that redirects lead to; its reader closes it."""
        for _ in range(MAX_REDIRECTS + 1):
            if permit is not None:
                permit(url)
            request = self._http.build_request("GET", url, headers=sent, params=params, timeout=patience)
            try:
                async with asyncio.timeout(TOTAL_S):
                    response = await self._http.send(request, stream=True, follow_redirects=False)
            except TimeoutError:
                raise FeedError(f"The answer took more than {TOTAL_S:g} s.", provider_wide=True) from None
            arrived = False
            try:
                if response.has_redirect_location:
                    url, sent = self._next(str(request.url), response, sent)
                    params = None
                    continue
                self._judge(response)
                arrived = True
                return response
            finally:
                if not arrived:
                    await response.aclose()
        raise FeedError(f"More than {MAX_REDIRECTS} redirects.", provider_wide=True)

    def _origin_of(self, url: str) -> Origin:
        parts = urlsplit(url)
        return self._guard.origin(parts.scheme, parts.hostname or "", parts.port)

    def _next(self, asked: str, response: httpx.Response, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Where a redirect leads, and what may be said there: a key stays with the origin it was made for."""
        try:
            url = urljoin(asked, response.headers.get("Location", ""))
            origin = self._origin_of(url)
        except ValueError:
            raise FeedError("The provider redirects to nowhere.", provider_wide=True) from None
        except Blocked as error:
            raise FeedError(
                f"The provider redirects to where we do not go: {error.message}", provider_wide=True
            ) from None
        if origin == self._origin:
            return url, headers
        if origin.host not in self._hosts or (self._origin.scheme, origin.scheme) == ("https", "http"):
            raise FeedError(
                f"The provider redirects to {origin}, which is neither its base URL's nor among `redirectHosts`.",
                provider_wide=True,
            )
        return url, {}

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success or status == httpx.codes.NOT_MODIFIED:
            return
        raise FeedError(
            f"The provider answered {status}.",
            # What is wrong with one match, such as 404, says nothing of the others.
            provider_wide=status >= 500 or status in (401, 403, 408, 429),
            status=status,
            retry_after=self._retry_after(response.headers.get("Retry-After")),
        )

    def _retry_after(self, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            seconds = float(value)
        except ValueError:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - self.clock.now_ms() / 1000
            except (ValueError, OverflowError):
                return None
        return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) if seconds == seconds else None  # noqa: PLR0124 - NaN


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body without its gzip, in pieces of at most `MAX_LINE` bytes: a small answer may unpack to a huge one."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise FeedError("The answer is packed in a way that was not asked for.", provider_wide=True)
    if coding in ("identity", ""):
        async for piece in response.aiter_raw():
            yield piece
        return
    inflate = zlib.decompressobj(wbits=31)
    try:
        async for piece in response.aiter_raw():
            rest = piece
            while rest and not inflate.eof:
                yield inflate.decompress(rest, MAX_LINE)
                rest = inflate.unconsumed_tail
    except zlib.error:
        raise FeedError("The answer is damaged.", provider_wide=True) from None
    if not inflate.eof:
        raise FeedError("The answer breaks off.", provider_wide=True)


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    rest = bytearray()
    async for piece in _unpacked(response):
        rest += piece
        while (end := rest.find(b"\n")) >= 0:
            line = bytes(rest[:end]).strip()
            del rest[: end + 1]
            if line:
                yield line
        if len(rest) > MAX_LINE:
            raise FeedError(f"A message has more than {MAX_LINE} bytes.", provider_wide=False)


def new_client(guard: Guard) -> httpx.AsyncClient:
    """The HTTP client of all feeds."""
    return kit_outbound.new_client(
        guard,
        timeout=TIMEOUT,
        # A push stream holds its connection; the bound is the number of feeds (`feeds.service.MAX_FEEDS`).
        max_connections=None,
        headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
    )
