"""The source port, with real and hand-made clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.harness import eventually
from tests.support.radio import CHANNEL, PASSWORD, RawSource, Station, Worker, ffmpeg, worker
from tests.support.sounds import mp3

if TYPE_CHECKING:
    from tests.conftest import RedisServer

from audio.intake import SourceTimeouts

MP3 = "Content-Type: audio/mpeg"


async def stored(radio: Worker) -> bytes:
    entries = await radio.store.client.xrange(f"audio:{{{CHANNEL}}}")
    return b"".join(fields[b"d"] for _, fields in entries)


@pytest.mark.parametrize("options", [(), ("-legacy_icecast", "1")])
async def test_ffmpeg_goes_on_air_and_off(radio: Worker, station: Station, options: tuple[str, ...]) -> None:
    async with ffmpeg(radio.source_port, *options, path="/radio.mp3") as source:
        await eventually(lambda: station.told == ["connected"])
        assert await radio.sources.connected(CHANNEL)
        await eventually(lambda: _bitrate_is(radio, 64, 130))
        info = await radio.sources.info(CHANNEL)
        assert info is not None
        assert info.client.startswith("Lavf/")
        assert await radio.sources.heard(CHANNEL)
        assert info.age_s < 10
        assert source.returncode is None
    await eventually(lambda: station.told == ["connected", "lost"])
    await eventually(lambda: _is_free(radio))


async def _bitrate_is(radio: Worker, low: float, high: float) -> bool:
    info = await radio.sources.info(CHANNEL)
    return info is not None and info.bitrate_kbps is not None and low <= info.bitrate_kbps <= high


async def _is_free(radio: Worker) -> bool:
    return await radio.sources.info(CHANNEL) is None and not await radio.sources.connected(CHANNEL)


async def test_put_with_expect_gets_continue_then_ok(radio: Worker) -> None:
    source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, "Expect: 100-continue")
    assert await source.head() == "HTTP/1.1 100 Continue\r\n\r\n"
    source.writer.write(mp3())
    assert (await source.head()).startswith("HTTP/1.0 200 OK\r\n")
    source.writer.write_eof()
    assert await source.rest() == b""
    assert await stored(radio) == mp3()
    await source.close()


@pytest.mark.parametrize(
    "request_line",
    ["PUT /radio HTTP/1.1", "PUT /radio.mp3 HTTP/1.0", "SOURCE /radio HTTP/1.0", "SOURCE /radio ICE/1.0"],
)
async def test_other_ways_to_send(radio: Worker, station: Station, request_line: str) -> None:
    fields = () if request_line.startswith("SOURCE") else (MP3,)
    source = await RawSource.request(radio.source_port, request_line, *fields, body=mp3())
    assert (await source.head()).startswith("HTTP/1.0 200 OK\r\n")
    await eventually(lambda: station.told == ["connected"])
    source.writer.write_eof()
    assert await source.rest() == b""
    assert await stored(radio) == mp3()
    assert station.told == ["connected", "lost"]
    await source.close()


async def test_chunked_body(radio: Worker) -> None:
    sound = mp3()
    body = b"".join(
        b"%x\r\n%b\r\n" % (len(sound[i : i + 1000]), sound[i : i + 1000]) for i in range(0, len(sound), 1000)
    )
    source = await RawSource.request(
        radio.source_port, "PUT /radio HTTP/1.1", MP3, "Transfer-Encoding: chunked", body=body + b"0\r\n\r\n"
    )
    assert (await source.head()).startswith("HTTP/1.0 200 OK\r\n")
    assert await source.rest() == b""
    assert await stored(radio) == sound
    await source.close()


@pytest.mark.parametrize(
    ("line", "fields", "password", "status"),
    [
        ("PUT /radio HTTP/1.1", [MP3], None, 401),
        ("PUT /radio HTTP/1.1", [MP3], "wrong", 401),
        ("PUT /nowhere HTTP/1.1", [MP3], "hackme", 401),
        ("SOURCE /radio HTTP/1.0", [], None, 401),
        ("PUT /radio HTTP/1.1", ["Content-Type: audio/ogg"], "hackme", 415),
        ("SOURCE /radio HTTP/1.0", ["Content-Type: application/ogg"], "hackme", 415),
        ("PUT /radio HTTP/1.1", [], "hackme", 400),
        ("PUT /radio HTTP/1.1", [MP3, "Transfer-Encoding: gzip"], "hackme", 501),
        ("GET /admin/!POKE HTTP/1.1", ["Connection: close"], None, 401),
        ("GET /radio HTTP/1.0", [], None, 404),
        ("DELETE /radio HTTP/1.0", [], None, 405),
        ("BREW /radio HTTP/1.0", [], None, 501),
        ("PUT /radio HTTP/3.0", [], None, 505),
        ("nonsense", [], None, 400),
    ],
)
async def test_refusals(
    radio: Worker, station: Station, line: str, fields: list[str], password: str | None, status: int
) -> None:
    # A client that does not wait for the answer must still be able to read it.
    source = await RawSource.request(radio.source_port, line, *fields, password=password, body=mp3() * 5)
    head = await source.head()
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert ("WWW-Authenticate: Basic realm=" in head) == (status == 401)
    await source.rest()
    await source.close()
    assert station.told == []
    assert await _is_free(radio)


async def test_probing_and_sending_on_one_connection(radio: Worker) -> None:
    """What libshout does: OPTIONS, a poke, SOURCE without credentials, and then with them."""
    source = await RawSource.request(radio.source_port, "OPTIONS * HTTP/1.1", "Connection: Keep-Alive", password=None)
    head = await source.head()
    assert head.startswith("HTTP/1.1 200 ")
    assert "Allow: GET, OPTIONS, PUT, SOURCE" in head
    await source.send("GET /admin/!POKE HTTP/1.1", password=None)
    head = await source.head()
    assert head.startswith("HTTP/1.1 401 ")
    assert "Connection: keep-alive" in head
    await source.reader.readexactly(len("Not here\n"))
    await source.send("SOURCE /radio HTTP/1.1", MP3, body=mp3())
    assert (await source.head()).startswith("HTTP/1.0 200 ")
    source.writer.write_eof()
    await source.rest()
    assert await stored(radio) == mp3()
    await source.close()


async def test_wrong_passwords_are_limited(radio: Worker, station: Station) -> None:
    async def attempt(password: str) -> str:
        source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, password=password)
        head = await source.head()
        await source.close()
        return head

    heads = [await attempt(f"guess{n}") for n in range(12)]
    assert [head[9:12] for head in heads[:10]] == ["401"] * 10
    assert [head[9:12] for head in heads[10:]] == ["429"] * 2
    assert "Retry-After: " in heads[-1]
    assert station.told == []
    assert (await attempt("hackme")).startswith("HTTP/1.0 200"), "the right password always gets in"


async def test_one_source_at_a_time_on_any_worker(radio: Worker, second: Worker, station: Station) -> None:
    async with ffmpeg(radio.source_port):
        await eventually(lambda: station.told == ["connected"])
        for port in (radio.source_port, second.source_port):
            other = await RawSource.request(port, "PUT /radio HTTP/1.1", MP3, "Expect: 100-continue")
            assert (await other.head()).startswith("HTTP/1.1 409 ")
            await other.close()
        assert await second.sources.connected(CHANNEL)
    await eventually(lambda: station.told == ["connected", "lost"])
    async with ffmpeg(second.source_port):
        await eventually(lambda: station.told == ["connected", "lost", "connected"])


async def test_a_stopped_source_is_dropped_from_another_worker_and_refused(
    radio: Worker, second: Worker, station: Station
) -> None:
    async with ffmpeg(radio.source_port) as source:
        await eventually(lambda: station.told == ["connected"])
        await second.sources.drop(CHANNEL, refuse_s=60)
        await eventually(lambda: station.told == ["connected", "lost"])
        await eventually(lambda: _is_free(radio))
        await asyncio.wait_for(source.wait(), 20)
    refused = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3)
    head = await refused.head()
    assert head.startswith("HTTP/1.1 403 ")
    assert 50 <= int(head.partition("Retry-After: ")[2].partition("\r\n")[0]) <= 60
    await refused.close()
    await second.sources.allow(CHANNEL)
    async with ffmpeg(radio.source_port):
        await eventually(lambda: station.told == ["connected", "lost", "connected"])


async def test_titles_from_the_source(radio: Worker, second: Worker, station: Station) -> None:
    async def update(query: str, password: str | None = PASSWORD) -> tuple[str, bytes]:
        client = await RawSource.request(
            second.source_port, f"GET /admin/metadata?{query} HTTP/1.1", "Connection: close", password=password
        )
        head, body = await client.head(), await client.rest()
        await client.close()
        return head[9:12], body

    status, body = await update("mode=updinfo&mount=/radio&song=x")
    assert status == "400"
    assert b"<message>Source does not exist</message><return>0</return></iceresponse>" in body
    async with ffmpeg(radio.source_port):
        await eventually(lambda: station.told == ["connected"])
        status, body = await update("mode=updinfo&mount=%2Fradio.mp3&charset=UTF-8&song=Bj%C3%B6rk+-+J%C3%B3ga")
        assert status == "200"
        assert b"<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>" in body
        assert (await update("mode=updinfo&mount=/radio&song=Just%20a%0D%0Atitle"))[0] == "200"
        assert (await update("mode=updinfo&mount=/radio&artist=Caf%E9&title=x&charset=ISO-8859-1"))[0] == "200"
        assert (await update("mode=updinfo&mount=/radio&song=y", password="wrong"))[0] == "401"
        assert (await update("mode=updinfo&mount=/radio&song=y", password=None))[0] == "401"
        assert (await update("mode=fallbacks&mount=/radio"))[0] == "400"
    assert station.titles == [("Björk", "Jóga"), (None, "Just a title"), ("Café", "x")]


async def test_a_silent_source_is_lost_then_back_then_closed(redis_url: str, station: Station) -> None:
    timeouts = SourceTimeouts(lost_s=0.6, closed_s=2.0, tick_s=0.05)
    async with worker(redis_url, station, timeouts=timeouts) as radio:
        source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=mp3())
        await eventually(lambda: station.told == ["connected"])
        await eventually(lambda: station.told == ["connected", "lost"])
        assert not await radio.sources.connected(CHANNEL)
        assert await radio.sources.info(CHANNEL) is not None
        source.writer.write(mp3())
        await eventually(lambda: station.told == ["connected", "lost", "connected"])
        assert await radio.sources.connected(CHANNEL)
        assert await source.rest() == b"HTTP/1.0 200 OK\r\nServer: Touchline\r\n\r\n"
        await eventually(lambda: _is_free(radio))
        assert station.told[:4] == ["connected", "lost", "connected", "lost"]
        await source.close()


async def test_rubbish_is_not_on_air(redis_url: str, station: Station) -> None:
    async with worker(redis_url, station, timeouts=SourceTimeouts(lost_s=0.3, closed_s=0.6, tick_s=0.05)) as radio:
        source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=b"rubbish" * 1000)
        assert await source.rest() == b"HTTP/1.0 200 OK\r\nServer: Touchline\r\n\r\n"
        await source.close()
        await eventually(lambda: _is_free(radio))
        assert "connected" not in station.told
        assert await stored(radio) == b""


async def test_a_lost_source_gives_way_to_a_new_one(redis_url: str, station: Station) -> None:
    """A connection that died without a word would else block its own return."""
    async with worker(redis_url, station, timeouts=SourceTimeouts(lost_s=0.3, closed_s=60, tick_s=0.05)) as radio:
        dead = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=mp3())
        await eventually(lambda: station.told == ["connected", "lost"])

        async def comes_back() -> bool:
            again = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=mp3())
            sources.append(again)
            return (await again.head()).startswith("HTTP/1.0 200")

        sources: list[RawSource] = []
        await eventually(comes_back)
        await eventually(lambda: station.told == ["connected", "lost", "connected"])
        await dead.rest()  # the old one is closed
        await dead.close()
        for source in sources:
            await source.close()
        await eventually(lambda: station.told == ["connected", "lost", "connected", "lost"])


async def test_the_lease_of_a_killed_worker_runs_out(radio: Worker, second: Worker, station: Station) -> None:
    source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=mp3())
    await eventually(lambda: station.told == ["connected"])
    for intake in list(radio.module.service._intakes):  # a killed worker says nothing more
        intake._leases = _Silent()  # type: ignore[assignment]
    ttl = await radio.store.client.pttl(f"source:{{{CHANNEL}}}")
    assert 0 < ttl <= 6000
    await eventually(lambda: _is_free(second))
    async with ffmpeg(second.source_port):
        await eventually(lambda: second.sources.connected(CHANNEL))
    await source.close()


class _Silent:
    """Redis as a dead worker reaches it."""

    async def renew(self, *_: object) -> None:
        await asyncio.Event().wait()

    append = acquire = release = renew


async def test_a_file_sent_at_once_is_read_in_real_time(radio: Worker) -> None:
    sound = mp3(1000) * 20  # 9 minutes, 8.4 MB: more than all buffers on the way hold
    source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3)
    await source.head()
    source.writer.transport.set_write_buffer_limits(high=0)
    source.writer.write(sound)
    started = asyncio.get_running_loop().time()
    await eventually(lambda: _seconds_stored(radio, 4.0))
    took = asyncio.get_running_loop().time() - started
    assert took > 1.0  # 2 s of burst, half a second ahead, the rest as time passes
    assert source.writer.transport.get_write_buffer_size() > 0
    source.writer.transport.abort()
    await source.close()


async def _seconds_stored(radio: Worker, seconds: float) -> bool:
    entries = await radio.store.client.xrange(f"audio:{{{CHANNEL}}}")
    return sum(int(fields[b"u"]) for _, fields in entries) >= seconds * 1_000_000


async def test_a_redis_that_is_restarted_costs_no_source(own_redis: RedisServer, station: Station) -> None:
    async with worker(own_redis.url, station) as radio:
        source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=mp3(40))
        await eventually(lambda: station.told == ["connected"])
        await eventually(lambda: _holds(radio, mp3(40)[:-1000]))
        own_redis.stop()
        source.writer.write(mp3(60))
        await source.writer.drain()
        await eventually(lambda: any(intake._backlog for intake in radio.module.service._intakes))
        own_redis.start()
        await eventually(lambda: _ends_with(radio, mp3(60)[-6000:-1000]))
        assert station.told == ["connected"]
        await source.close()
        await eventually(lambda: station.told == ["connected", "lost"])


async def _holds(radio: Worker, sound: bytes) -> bool:
    return (await stored(radio)).startswith(sound[:10_000])


async def _ends_with(radio: Worker, sound: bytes) -> bool:
    return sound[:3000] in await stored(radio)


async def test_news_that_could_not_be_told_is_told_later(redis_url: str, station: Station) -> None:
    async with worker(redis_url, station, timeouts=SourceTimeouts(tick_s=0.05)) as radio:
        station.failing = True
        async with ffmpeg(radio.source_port):
            await eventually(lambda: _bitrate_is(radio, 32, 400))
            station.failing = False
            await eventually(lambda: station.told == ["connected"])


async def test_a_head_that_does_not_come(radio: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio.icecast.HEAD_S", 0.05)
    source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1\r\nX-Slow: ", password=None)
    source.writer.write(b"")
    assert (await source.head()).startswith("HTTP/1.1 ")
    slow = RawSource(*await asyncio.open_connection("127.0.0.1", radio.source_port))
    slow.writer.write(b"PUT /ra")
    assert (await slow.head()).startswith("HTTP/1.1 408 ")
    await slow.close()
    await source.close()
