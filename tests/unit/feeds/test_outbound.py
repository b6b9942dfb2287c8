"""The way out, against a real server that behaves badly."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest

from feeds import outbound
from feeds.outbound import FeedError, Outbound, new_client
from kit.clock import SystemClock
from kit.outbound import Guard
from tests.support.standin import Reply, StandIn


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn().serving() as standin:
        yield standin


@pytest.fixture
async def out(server: StandIn) -> AsyncIterator[Outbound]:
    guard = Guard(allow_private=True)
    async with new_client(guard) as http:
        yield Outbound(http, guard, server.url, clock=SystemClock())


async def failure(out: Outbound, path: str = "a") -> FeedError:
    with pytest.raises(FeedError) as caught:
        await out.get(path, headers={"x-api-key": "s3cret"}, params={"token": "s3cret"})
    assert "s3cret" not in caught.value.message
    return caught.value


async def test_an_answer_and_its_tag(server: StandIn, out: Outbound) -> None:
    server.scripts["/a"] = [Reply(b"{}", headers={"ETag": '"1"'}), Reply(status=304)]
    answer = await out.get("a")
    assert answer is not None
    assert (answer.body, answer.etag) == (b"{}", '"1"')
    assert await out.get("a", etag='"1"') is None
    assert server.asked[1].headers["if-none-match"] == '"1"'


async def test_statuses(server: StandIn, out: Outbound) -> None:
    server.scripts["/a"] = [Reply(status=429, headers={"Retry-After": "7"}), Reply(status=500), Reply(status=404)]
    error = await failure(out)
    assert (error.provider_wide, error.retry_after) == (True, 7)
    assert (await failure(out)).provider_wide
    assert not (await failure(out)).provider_wide


@pytest.mark.parametrize("value", ["nonsense", "nan", "-5", "99999999", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_strange_pauses_are_bounded(server: StandIn, out: Outbound, value: str) -> None:
    server.scripts["/a"] = [Reply(status=429, headers={"Retry-After": value})]
    after = (await failure(out)).retry_after
    assert after is None or 0 <= after <= outbound.MAX_RETRY_AFTER_S


async def test_an_answer_that_breaks_off(server: StandIn, out: Outbound) -> None:
    server.scripts["/a"] = [Reply(b"x" * 1000, cut=10)]
    assert (await failure(out)).provider_wide


async def test_an_answer_without_end(server: StandIn, out: Outbound) -> None:
    server.scripts["/a"] = [Reply(lines=[b"x" * 1_000_000] * 9)]
    assert "bytes" in (await failure(out)).message
    server.scripts["/l"] = [Reply(lines=[b"x" * (outbound.MAX_LINE + 1)])]
    async with out.lines("l") as lines:
        with pytest.raises(FeedError, match="bytes"):
            await anext(lines)


async def test_redirects_stay_where_they_may(server: StandIn, out: Outbound) -> None:
    server.scripts["/a"] = [Reply(status=302, headers={"Location": "/b?x=1"})]
    server.scripts["/b"] = [Reply(b"{}")]
    answer = await out.get("a", headers={"x-api-key": "k"})
    assert answer is not None
    assert server.asked[-1].headers["x-api-key"] == "k"
    for location in (
        "https://elsewhere.example/", "http://169.254.169.254/", "http://[", "file:///etc/passwd", "http://127.0.0.1:1/",
        "https://127.0.0.1/", "http://[64:ff9b::a9fe:a9fe]/", "//2852039166/", "https://redis:6379/",
    ):  # fmt: skip
        server.scripts["/a"] = [Reply(status=302, headers={"Location": location})]
        assert "redirect" in (await failure(out)).message
    server.scripts["/a"] = [Reply(status=302, headers={"Location": "/a"})]
    assert "redirects" in (await failure(out)).message


async def test_a_key_does_not_follow_to_another_server(server: StandIn) -> None:
    guard = Guard(allow_private=True)
    async with StandIn().serving() as other, new_client(guard) as http:
        server.scripts["/a"] = [Reply(status=302, headers={"Location": f"{other.url}/stream"})]
        other.scripts["/stream"] = [Reply(lines=[b"one\n", b"tw", b"o\n\n", b""])]
        out = Outbound(http, guard, server.url, clock=SystemClock(), redirect_hosts=["127.0.0.1"])
        async with out.lines("a", headers={"x-api-key": "k"}) as lines:
            assert [line async for line in lines] == [b"one", b"two"]
        assert "x-api-key" not in other.asked[0].headers


async def test_an_answer_that_trickles_ends(server: StandIn, out: Outbound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_S", 0.2)
    server.scripts["/a"] = [Reply(stall=True), Reply(lines=[b"{"])]
    for _ in range(2):
        assert "took more than" in (await failure(out)).message
    server.scripts["/l"] = [Reply(stall=True)]
    with pytest.raises(FeedError, match="took more than"):
        async with out.lines("l"):
            pytest.fail("it never opens")


async def test_a_packed_answer_is_unpacked_within_its_bound(server: StandIn, out: Outbound) -> None:
    whole, bomb = gzip.compress(b"{}" * 1000), gzip.compress(b"x" * (outbound.MAX_BODY * 4))
    assert len(bomb) < 100_000
    packed = {"Content-Encoding": "gzip"}
    server.scripts["/a"] = [
        Reply(whole, headers=packed), Reply(bomb, headers=packed), Reply(whole[:-9], headers=packed),
        Reply(b"no gzip", headers=packed), Reply(b"{}", headers={"Content-Encoding": "br"}),
    ]  # fmt: skip
    answer = await out.get("a")
    assert answer is not None
    assert answer.body == b"{}" * 1000
    assert server.asked[0].headers["accept-encoding"] == "gzip"
    for words in ("more than", "breaks off", "damaged", "not asked for"):
        assert words in (await failure(out)).message


async def test_names_are_looked_up_and_never_private(server: StandIn) -> None:
    async def rebound(host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if host == "169.254.169.254.nip.example" else ["8.8.8.8"]

    guard = Guard(resolve=rebound)
    async with new_client(guard) as http:
        out = Outbound(http, guard, "https://169.254.169.254.nip.example", clock=SystemClock())
        error = await failure(out)
        assert "leads to 127.0.0.1" in error.message
        assert error.provider_wide
    assert not server.asked
