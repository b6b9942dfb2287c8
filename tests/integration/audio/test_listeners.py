"""What players get, with real ones."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from audio.channel_reader import BEHIND_MS, BURST_MS, ChannelReader, PlayerQueue
from audio.icy import INTERVAL
from audio.mpeg import FrameParser
from audio.timeline import Block
from kit.redis import RedisStore
from tests.harness import eventually
from tests.support.radio import CHANNEL, RawSource, Station, Worker, ffmpeg, run, worker
from tests.support.sounds import mp3

if TYPE_CHECKING:
    from tests.conftest import RedisServer

MP3 = "Content-Type: audio/mpeg"


@asynccontextmanager
async def on_air(radio: Worker, station: Station) -> AsyncIterator[RawSource]:
    """A source that sends what a test wants."""
    source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, body=mp3(100))
    await eventually(lambda: bool(station.told) and station.told[-1] == "connected")
    try:
        yield source
    finally:
        await source.close()


def begins_with_a_frame(data: bytes) -> bool:
    return data.startswith(FrameParser().feed(data)[0].data)


async def test_ffprobe_hears_sound_and_title_from_another_worker(
    radio: Worker, second: Worker, station: Station
) -> None:
    station.title = "Björk - Jóga"
    async with ffmpeg(radio.source_port):
        await eventually(lambda: second.sources.connected(CHANNEL))
        await eventually(lambda: bool(station.told))
        code, out, err = await run(
            "ffprobe", "-v", "error", "-show_entries", "format_tags:stream=codec_name,sample_rate", second.listen_url
        )
        assert code == 0, err
        text = out.decode()
        assert "codec_name=mp3" in text
        assert "sample_rate=44100" in text
        assert "TAG:StreamTitle=Björk - Jóga" in text
        assert "TAG:icy-name=Radio Åland" in text
        assert "TAG:icy-description=Sport & mer" in text


async def test_mpv_plays(radio: Worker, station: Station) -> None:
    async with ffmpeg(radio.source_port):
        await eventually(lambda: bool(station.told))
        code, out, err = await run(
            "mpv", "--no-config", "--no-video", "--ao=null", "--end=1", "--term-status-msg=POS ${=time-pos}",
            radio.listen_url,
        )  # fmt: skip
        assert code == 0, err
        assert "mp3" in (out.decode() + err)


async def test_curl_gets_the_very_frames_that_were_sent(radio: Worker, station: Station) -> None:
    async with on_air(radio, station) as source:
        collected = bytearray()
        async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", radio.listen_url) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "audio/mpeg"
            assert "icy-metaint" not in answer.headers
            async for piece in answer.aiter_raw():
                collected += piece
                if len(collected) > 60_000:
                    break
                source.writer.write(mp3(40))
        assert begins_with_a_frame(bytes(collected))
        assert mp3(40)[2000:12_000] in bytes(collected)
    _, out, _ = await run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{radio.listen_url}x")
    assert out == b"404"


async def test_titles_change_while_it_plays(radio: Worker, station: Station) -> None:
    async with ffmpeg(radio.source_port):
        await eventually(lambda: bool(station.told))
        titles: list[str] = []
        async with (
            httpx.AsyncClient(timeout=20) as client,
            client.stream("GET", radio.listen_url, headers={"Icy-MetaData": "1"}) as answer,
        ):
            assert answer.headers["icy-metaint"] == str(INTERVAL)
            data, at = bytearray(), 0
            async for piece in answer.aiter_raw():
                data += piece
                while len(data) > at + INTERVAL and len(data) > at + INTERVAL + data[at + INTERVAL] * 16:
                    length = data[at + INTERVAL] * 16
                    text = bytes(data[at + INTERVAL + 1 : at + INTERVAL + 1 + length])
                    titles += re.findall(r"StreamTitle='(.*)';", text.decode())
                    at += INTERVAL + 1 + length
                if titles == ["The Morning Show"]:
                    station.title = "Next"
                if len(titles) > 1:
                    break
        assert titles == ["The Morning Show", "Next"]


async def test_headers_that_players_send(radio: Worker, station: Station) -> None:
    async with on_air(radio, station), httpx.AsyncClient(timeout=20) as client:
        head = await client.head(f"{radio.listen_url}.mp3", headers={"Icy-MetaData": "1"})
        assert head.status_code == 200
        assert head.headers["content-type"] == "audio/mpeg"
        assert head.headers["cache-control"] == "no-store"
        assert head.headers["access-control-allow-origin"] == "*"
        assert head.headers["icy-metaint"] == str(INTERVAL)
        assert head.headers["icy-br"] == "128"
        assert head.content == b""
        assert head.headers["connection"] == "close"
        async with client.stream("GET", radio.listen_url, headers={"Range": "bytes=0-"}) as answer:
            assert answer.status_code == 200
            assert answer.headers["transfer-encoding"] == "chunked"


async def test_a_player_of_http_1_0_gets_no_chunks(radio: Worker, station: Station) -> None:
    async with on_air(radio, station):
        player = RawSource(*await asyncio.open_connection("127.0.0.1", radio.http_port))
        player.writer.write(b"GET /listen/radio HTTP/1.0\r\n\r\n")
        assert "chunked" not in await player.head()
        data = await asyncio.wait_for(player.reader.readexactly(8000), 20)
        assert len(b"".join(frame.data for frame in FrameParser().feed(data))) > 7000
        assert begins_with_a_frame(data)
        await player.close()


async def test_off_air_says_when_to_come_back(radio: Worker) -> None:
    async with httpx.AsyncClient(timeout=20) as client:
        answer = await client.get(radio.listen_url)
        assert answer.status_code == 503
        assert float(answer.headers["retry-after"]) > 0
        assert (await client.get(f"{radio.listen_url}s")).status_code == 404


async def test_players_are_counted_once_and_gone_when_they_leave(radio: Worker, station: Station) -> None:
    async with ffmpeg(radio.source_port):
        await eventually(lambda: bool(station.told))
        async with httpx.AsyncClient(timeout=20) as client:
            async with (
                client.stream("GET", radio.listen_url) as one,
                client.stream("GET", radio.listen_url) as two,
                client.stream("GET", radio.listen_url, headers={"User-Agent": "car radio"}) as three,
                client.stream("GET", f"{radio.listen_url}?session=abc") as page,
            ):
                for answer in (one, two, three, page):
                    assert await anext(answer.aiter_raw())
                await eventually(lambda: len(station.open_players) == 4)
                assert len(set(station.open_players.values())) == 2
                assert station.sessions == ["abc"]  # who counts knows which page that is
                assert radio.module.service._readers.players == 4
            await eventually(lambda: not station.open_players)
        assert len(station.closed_players) == 4
        await eventually(lambda: radio.module.service._readers.players == 0)
        assert radio.module.service._readers._open == {}


async def test_a_killed_player_is_noticed_in_silence(radio: Worker, station: Station) -> None:
    async with on_air(radio, station):  # sends nothing more: only the connection's end can tell
        player = RawSource(*await asyncio.open_connection("127.0.0.1", radio.http_port))
        player.writer.write(b"GET /listen/radio HTTP/1.1\r\nHost: x\r\n\r\n")
        await player.head()
        await eventually(lambda: len(station.open_players) == 1)
        player.writer.transport.abort()
        await eventually(lambda: len(station.closed_players) == 1)
        with contextlib.suppress(OSError):
            await player.writer.wait_closed()


async def test_a_player_stays_while_the_source_is_away(radio: Worker, second: Worker, station: Station) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        async with on_air(radio, station):
            stream = client.stream("GET", second.listen_url)
            answer = await stream.__aenter__()
            pieces = answer.aiter_raw()
            assert await anext(pieces)
        await eventually(lambda: station.told[-1] == "lost")
        assert second.module.service._readers.players == 1
        async with on_air(radio, station):
            assert await anext(pieces)
        await stream.__aexit__(None, None, None)


async def test_players_hear_on_after_redis_was_away(own_redis: RedisServer, station: Station) -> None:
    async with (
        worker(own_redis.url, station) as radio,
        ffmpeg(radio.source_port),
        httpx.AsyncClient(timeout=30) as client,
    ):
        await eventually(lambda: bool(station.told))
        async with client.stream("GET", radio.listen_url) as answer:
            pieces = answer.aiter_raw()
            assert await anext(pieces)
            own_redis.stop()
            own_redis.start()
            for _ in range(8):  # 2 s of sound, more than could have been waiting
                assert await anext(pieces)
        assert station.told == ["connected"]


@pytest.fixture
async def reader(redis: RedisStore, station: Station) -> ChannelReader:
    return ChannelReader(CHANNEL, store=redis, channels=station)


def block(n: int, *, gap_ms: int = 0) -> Block:
    return Block(b"%03d" % n, n * 250 + gap_ms, 250)


async def test_a_new_player_starts_with_two_seconds(reader: ChannelReader) -> None:
    reader._spread([block(n) for n in range(20)])
    player = PlayerQueue()
    reader.add(player)
    count = round(BURST_MS / 250)
    assert await player.next() == b"".join(b"%03d" % n for n in range(20 - count, 20))


async def test_a_new_player_gets_nothing_from_before_a_gap(reader: ChannelReader) -> None:
    reader._spread([block(0), block(1), block(2, gap_ms=5000)])
    player = PlayerQueue()
    reader.add(player)
    assert await player.next() == b"002"


async def test_a_player_too_far_behind_is_cut(reader: ChannelReader) -> None:
    slow, quick = PlayerQueue(), PlayerQueue()
    reader.add(slow)
    reader.add(quick)
    for n in range(round(BEHIND_MS / 250) + 1):
        reader._spread([block(n)])
        assert await quick.next() == b"%03d" % n
    assert slow.ended
    assert slow.too_slow
    assert await slow.next() == b""
    assert not quick.ended


async def test_a_player_waits_no_longer_than_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio.channel_reader.GAP_S", 0.01)
    assert await PlayerQueue().next() == b""
