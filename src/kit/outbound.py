"""The way out: where this server may connect to when somebody else says where.

An address that an admin, a provider's redirect or a file names is an order to this machine to connect from inside its
network. So names are resolved here, every address that a name has must be a public one, and the connection goes to an
address that was checked: there is no second look-up that could answer otherwise (DNS rebinding). TLS is checked for
the name. The special addresses are those of the IANA special-purpose registries (RFC 6890 and what followed).
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import idna

from kit.errors import InvalidPayload

DEFAULT_PORTS = {"https": 443, "http": 80}

RESOLVE_S = 5.0
"""Seconds for one look-up of a name: resolvers ask twice within these."""

MAX_ADDRESSES = 4
"""Addresses of a name that are tried one after another; all of them are checked."""

MAX_URL = 300
"""Characters of a URL that people configure."""

Resolver = Callable[[str, int], Awaitable[Iterable[str]]]
"""The addresses of a name, for a port; raises `OSError` where it has none."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _networks(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_SPECIAL_V4 = _networks(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # Azure's machine agent: public by its number, of the host alone
)  # fmt: skip
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out as global unicast; what is elsewhere is not public, whatever it will be for."""
_SPECIAL_V6 = _networks("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
"""Protocol assignments with Teredo, documentation, 6to4, AS112: within unicast, and of no public server."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""An IPv4 address in its last 32 bits (RFC 6052): where IPv6 alone is spoken, this is how IPv4 servers are named."""
_LOCAL = _networks(
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"
)
"""This machine and private networks. Link-local addresses are not among them: clouds keep machine secrets there."""


def carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, compatible, NAT64, ISATAP), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        return low
    if int(address) >> 32 == 0 and int(address) > 1:  # ::a.b.c.d, long deprecated; `::` and `::1` are themselves
        return low
    if (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE:  # ISATAP (RFC 5214), with and without the universal bit
        return low
    return address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, of one server."""
    address = carried(address)
    special = _SPECIAL_V4 if isinstance(address, ipaddress.IPv4Address) else _SPECIAL_V6
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST_V6:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in special)


def is_local(address: Address) -> bool:
    """Whether an address is of this machine or a private network."""
    address = carried(address)
    return any(address in network for network in _LOCAL)


class Blocked(InvalidPayload):
    """An address that this server does not connect to."""


class Unresolved(InvalidPayload):
    """A name has no address, or its name server does not answer."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (ASCII, lower case, without a final dot) and port: what a secret belongs to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """As in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


async def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a name as this machine's resolver knows them; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Guard:
    """Decides where connections may go. One for each use, since each has its own settings."""

    def __init__(
        self, *, allow_private: bool = False, ports: Collection[int] = (443,), resolve: Resolver = system_resolver
    ) -> None:
        """Let out what is public.

        Args:
            allow_private: Also this machine and private networks, at any port and without TLS.
            ports: Of public servers.
            resolve: Looks names up; another one in tests.
        """
        self.allow_private = allow_private
        self.ports = frozenset(ports)
        self._resolve = resolve

    def origin(self, scheme: str, host: str, port: int | None) -> Origin:
        """Where a URL leads, if its form and port may be; its addresses are not looked at, unless it is one.

        Args:
            scheme: `http` or `https`.
            host: A name or an address.
            port: None for the scheme's own.

        Returns:
            The origin.

        Raises:
            Blocked: The scheme, the host or the port is none that this server connects to.
        """
        if scheme not in DEFAULT_PORTS or (scheme == "http" and not self.allow_private):
            raise Blocked("The address begins with https://.")
        found = Origin(scheme, read_host(host), port if port is not None else DEFAULT_PORTS[scheme])
        if not self.allow_private and found.port not in self.ports:
            allowed = ", ".join(str(one) for one in sorted(self.ports))
            raise Blocked(f"Port {found.port} is none that this server connects to ({allowed}).")
        address = read_address(found.host)
        if address is not None:
            self._judge(found.host, address)
        return found

    def url(self, text: str) -> str:
        """A URL that may be asked, in one form: ASCII, without a final slash. Raises `Blocked`.

        It has no credentials, no query and no fragment, so that it can be stored and shown.
        """
        if len(text) > MAX_URL or not re.fullmatch(r"[^\s\\\x00-\x20\x7f]+", text):
            raise Blocked("The address cannot be read.")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise Blocked("The address cannot be read.") from None
        if "@" in parts.netloc or "?" in text or "#" in text:
            raise Blocked("The address must not hold credentials, a query or a fragment.")
        if not parts.path.isascii():
            raise Blocked("The path of the address must be percent-encoded.")
        return f"{self.origin(parts.scheme, host, port)}{parts.path.rstrip('/')}"

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to, all of which were checked.

        Raises:
            Blocked: One of them is not public.
            Unresolved: There is none.
        """
        literal = read_address(host)
        if literal is not None:
            self._judge(host, literal)
            return [str(literal)]
        try:
            async with asyncio.timeout(RESOLVE_S):
                found = list(dict.fromkeys(await self._resolve(host, port)))
        except (OSError, UnicodeError):  # a TimeoutError is an OSError
            found = []
        if not found:
            raise Unresolved(f"There is no address of {host[:100]}.")
        for text in found:
            address = read_address(text)
            if address is None:
                raise Blocked(f"{host[:100]} leads to {text[:60]}, which is not a public address.")
            self._judge(host, address)
        return found[:MAX_ADDRESSES]

    def _judge(self, host: str, address: Address) -> None:
        if is_public(address) or (self.allow_private and is_local(address)):
            return
        where = str(address) if host == str(address) else f"{host[:100]} leads to {address}, which"
        raise Blocked(f"{where} is a private or reserved address, to which this server does not connect.")


_DIGITS = re.compile(r"(0x[0-9a-f]*|[0-9]+)")


def read_host(text: str) -> str:
    """A host in one form: an address as `ipaddress` writes it, or a name in ASCII (IDNA), without a final dot.

    Raises:
        Blocked: It is neither, has a zone, or is a number that resolvers read as an address (`127.1`, `0xa9fea9fe`).
    """
    host = text.strip("[]").lower()
    if "%" in host:
        raise Blocked("An address with a zone is of one network alone, and cannot be asked.")
    address = read_address(host)
    if address is not None:
        return str(address)
    try:
        name = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except idna.IDNAError:
        raise Blocked("The host of the address is no name.") from None
    name = name.removesuffix(".").lower()
    labels = name.split(".")
    if len(name) > 253 or not all(re.fullmatch(r"[0-9a-z_]([0-9a-z_-]{0,61}[0-9a-z_])?", label) for label in labels):
        raise Blocked("The host of the address is no name.")
    if _DIGITS.fullmatch(labels[-1]):
        if read_address(name) is not None:  # such as full-width digits
            return name
        raise Blocked("The host of the address is a number: write it as a name, or in the usual form of an address.")
    return name


def read_address(text: str) -> Address | None:
    """An IP address in its usual form, without a zone; None for all else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, ipaddress.IPv6Address) and address.scope_id else address


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses alone. TLS, which comes afterwards, is checked for the name by the pool."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        addresses = await self._guard.addresses(host, port)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@contextmanager
def _told_by_httpx() -> Iterator[None]:
    try:
        yield
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error


class _Body(httpx.AsyncByteStream):
    def __init__(self, pieces: Any) -> None:  # noqa: ANN401 - httpcore's stream has no public type
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _told_by_httpx():
            async for piece in self._pieces:
                yield piece

    async def aclose(self) -> None:
        with _told_by_httpx():
            await self._pieces.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 through a guard. A connection that is kept alive goes on to the address that was checked."""

    def __init__(self, guard: Guard, *, max_connections: int | None, max_keepalive: int) -> None:
        self._guard = guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=max_connections,
            max_keepalive_connections=max_keepalive,
            keepalive_expiry=30.0,
            network_backend=_Backend(guard),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises `Blocked` and `Unresolved` besides httpx's errors."""
        origin = self._guard.origin(request.url.scheme, request.url.raw_host.decode(), request.url.port)
        with _told_by_httpx():
            answer = await self._pool.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=request.url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


def new_client(
    guard: Guard, *, timeout: httpx.Timeout, max_connections: int | None = 100, headers: dict[str, str] | None = None
) -> httpx.AsyncClient:
    """An HTTP client that goes out through a guard alone.

    It follows no redirects by itself, since who asks knows what may be said where, and reads no proxy and no
    credentials of the environment.

    Args:
        guard: Decides which addresses may be connected to.
        timeout: Of each step of a request.
        max_connections: At once; None for any number.
        headers: Sent with every request, beside the user agent.

    Returns:
        The client, which its owner closes.
    """
    return httpx.AsyncClient(
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        transport=GuardedTransport(guard, max_connections=max_connections, max_keepalive=50),
        headers={"User-Agent": "touchline", **(headers or {})},
    )
