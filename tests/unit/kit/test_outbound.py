"""Where connections may go: forms of addresses, what names lead to, and that nothing is looked up twice."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidPayload
from kit.outbound import Blocked, Guard, Unresolved, is_public, new_client, read_host

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:830::200e", "64:ff9b::808:808"]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing binds to it
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.1.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1", "4000::1", "2a00::5efe:10.0.0.1", "2a00::200:5efe:a9fe:a9fe",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_in_disguise_is_judged_as_itself(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        disguised = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | number)
        assert is_public(disguised) == is_public(plain)
    assert not is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address("2002::")) | number << 80))


URLS = [
    ("https://Provider.Example./v1/", "https://provider.example/v1"),
    ("https://provider.example:443", "https://provider.example"),
    ("https://8.8.8.8/x", "https://8.8.8.8/x"),
    ("https://[2606:4700:4700:0::1111]", "https://[2606:4700:4700::1111]"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
]


@pytest.mark.parametrize(("given", "kept"), URLS)
def test_a_url_has_one_form(given: str, kept: str) -> None:
    assert Guard().url(given) == kept
    assert Guard().url(kept) == kept


REFUSED = [
    ("http://provider.example", "https://"), ("ftp://provider.example", "https://"), ("file:///etc/passwd", "https://"),
    ("//provider.example", "https://"), ("provider.example", "https://"), ("https://", "no name"),
    ("https://user:pass@provider.example", "credentials"), ("https://user@provider.example", "credentials"),
    ("https://@provider.example", "credentials"), ("https://provider.example/?key=1", "query"),
    ("https://provider.example/?", "query"), ("https://provider.example/#x", "fragment"),
    ("https://provider.example:8443", "Port 8443"), ("https://redis:6379", "Port 6379"),
    ("https://provider.example:0", "Port 0"), ("https://provider.example:99999", "cannot be read"),
    ("https://provider.example:-1", "cannot be read"), ("https://[::1", "cannot be read"),
    ("https://provider.example\\@10.0.0.1", "cannot be read"), ("https://pro\nvider.example", "cannot be read"),
    ("https://provider.example/ x", "cannot be read"), ("https://10.0.0.1\t", "cannot be read"),
    ("https://" + "a" * 400, "cannot be read"), ("https://a..b", "no name"), ("https://-a.example", "no name"),
    ("https://provider.example/ü", "percent-encoded"), ("https://%31%30.0.0.1", "zone"),
    ("https://[fe80::1%25eth0]", "zone"), ("https://[fe80::1%eth0]", "zone"),
    ("https://2852039166", "number"), ("https://0xa9fea9fe", "number"), ("https://0xa9fea9fe.", "number"),
    ("https://0251.0376.0251.0376", "number"), ("https://127.1", "number"), ("https://0x7f.1", "number"),
    ("https://169.254.169.254.", "private"), ("https://127.0.0.1", "private"), ("https://10.0.0.1", "private"),
    ("https://169.254.169.254/latest", "private"), ("https://[fd00::1]", "private"), ("https://[::1]", "private"),
    ("https://[::ffff:169.254.169.254]", "private"), ("https://[64:ff9b::a9fe:a9fe]", "private"),
    ("https://\uff11\uff16\uff19.254.169.254", "private"),
    ("https://①⑥⑨.254.169.254", "private"), ("https://0.0.0.0", "private"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_urls_that_are_refused_say_why(text: str, words: str) -> None:
    with pytest.raises(InvalidPayload, match=words):
        Guard().url(text)


@given(st.text(max_size=40), st.sampled_from(["https://{}", "https://{}/x", "https://a{}.example", "{}"]))
def test_any_text_is_a_url_of_one_form_or_refused(text: str, around: str) -> None:
    guard = Guard()
    try:
        kept = guard.url(around.format(text))
    except Blocked:
        return
    assert guard.url(kept) == kept
    assert kept.isascii()
    sent = httpx.URL(kept).raw_host.decode()
    assert sent == read_host(sent)


def resolver(*answers: list[str]) -> tuple[list[str], object]:
    """Answers one after another, the last one again and again, and what was asked."""
    asked: list[str] = []
    left = list(answers)

    async def resolve(host: str, _port: int) -> Iterable[str]:
        asked.append(host)
        return left.pop(0) if len(left) > 1 else left[0]

    return asked, resolve


def guard(*answers: list[str], allow_private: bool = False) -> tuple[Guard, list[str]]:
    asked, resolve = resolver(*answers)
    return Guard(allow_private=allow_private, resolve=resolve), asked  # type: ignore[arg-type]


async def test_every_address_of_a_name_must_be_public() -> None:
    for private in ("10.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "nonsense"):
        blocking, _ = guard(["8.8.8.8", private])
        with pytest.raises(Blocked, match=r"provider\.example leads to"):
            await blocking.addresses("provider.example", 443)
    open_to, _ = guard(["8.8.8.8", "8.8.8.8", "2606:4700:4700::1111"])
    assert await open_to.addresses("provider.example", 443) == ["8.8.8.8", "2606:4700:4700::1111"]


async def test_a_name_without_an_address() -> None:
    async def nowhere(_host: str, _port: int) -> Iterable[str]:
        raise OSError("Name or service not known")

    for without in (guard([])[0], Guard(resolve=nowhere)):
        with pytest.raises(Unresolved, match="There is no address"):
            await without.addresses("provider.example", 443)


async def test_private_networks_by_setting_and_never_link_local() -> None:
    inside = Guard(allow_private=True)
    assert inside.url("http://127.0.0.1:8080/x") == "http://127.0.0.1:8080/x"
    assert await inside.addresses("10.0.0.1", 80) == ["10.0.0.1"]
    for text in (
        "http://169.254.169.254",
        "http://[fe80::1]",
        "http://0.0.0.0",
        "http://224.0.0.1",
        "http://2130706433",
    ):
        with pytest.raises(Blocked):
            inside.url(text)
    meta, _ = guard(["169.254.169.254"], allow_private=True)
    with pytest.raises(Blocked):
        await meta.addresses("metadata", 80)


@asynccontextmanager
async def server() -> AsyncIterator[tuple[int, list[str]]]:
    """Answers any request with `hello`, and keeps the Host that was asked for."""
    hosts: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        hosts.extend(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("host:"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with running:
        yield running.sockets[0].getsockname()[1], hosts


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    async with server() as (port, hosts):
        inside, asked = guard(["127.0.0.1"], ["169.254.169.254"], allow_private=True)
        async with new_client(inside, timeout=httpx.Timeout(5)) as http:
            answer = await http.get(f"http://scores.example:{port}/x")
            assert (answer.text, hosts, asked) == ("hello", [f"scores.example:{port}"], ["scores.example"])
            # Bound again to somewhere else, as with DNS rebinding: a new connection is a new check.
            with pytest.raises(Blocked, match=r"169\.254\.169\.254"):
                await http.get(f"http://scores.example:{port}/x")
        assert len(hosts) == 1


async def test_no_request_gets_around_the_guard() -> None:
    async with server() as (port, hosts), new_client(Guard(), timeout=httpx.Timeout(5)) as http:
        for url in (
            f"http://127.0.0.1:{port}",
            f"https://127.0.0.1:{port}",
            f"https://localhost:{port}",
            "https://[::1]",
        ):
            with pytest.raises(Blocked):
                await http.get(url)
        private, _ = guard(["127.0.0.1"])
        async with new_client(private, timeout=httpx.Timeout(5)) as other:
            with pytest.raises(Blocked, match="leads to"):
                await other.get("https://scores.example/")
        assert hosts == []


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with server() as (port, _):
        inside, _ = guard(["127.0.0.2", "127.0.0.1"], allow_private=True)
        async with new_client(inside, timeout=httpx.Timeout(5)) as http:
            assert (await http.get(f"http://scores.example:{port}/x")).text == "hello"
        gone, _ = guard(["127.0.0.2"], allow_private=True)
        async with new_client(gone, timeout=httpx.Timeout(5)) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"http://scores.example:{port}/x")
