"""Players that speak old HTTP, ask for parts, or join as one source follows another."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from audio.channel_reader import ChannelReader, PlayerQueue
from audio.mpeg import FrameParser
from audio.timeline import Block
from kit.redis import RedisStore
from tests.harness import eventually, free_port, missing
from tests.support.radio import CHANNEL, RawSource, Station, Worker, ffmpeg, run
from tests.support.sounds import mp3

MP3 = "Content-Type: audio/mpeg"


@asynccontextmanager
async def on_air(radio: Worker, sound: bytes, *fields: str) -> AsyncIterator[RawSource]:
    source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3, *fields, body=sound)
    try:
        assert (await source.head()).startswith("HTTP/1.0 200 ")
        await eventually(lambda: radio.sources.heard(CHANNEL))
        yield source
    finally:
        await source.close()


@asynccontextmanager
async def player(port: int, *lines: str) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """A player by hand: the head of the answer, and what follows."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, "", ""]).encode())
    try:
        yield (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode("latin-1"), reader
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.mark.parametrize(
    "lines",
    [
        ("GET /listen/radio HTTP/1.1", "Host: x", "Icy-MetaData: 1"),
        ("GET /listen/radio HTTP/1.1", "Host: x", "icy-metadata:1", "Connection: keep-alive"),
        ("GET /listen/radio.mp3 HTTP/1.1", "Host: x", "Icy-MetaData: 1", "Range: bytes=0-"),
        ("GET /listen/radio.MP3 HTTP/1.0", "Icy-MetaData: 1"),
        ("GET /listen/radio HTTP/1.0",),
        ("GET /listen/radio HTTP/1.0", "Connection: keep-alive"),
        ("GET /listen/radio HTTP/1.0", "Range: bytes=0-"),
        ("GET /listen/radio HTTP/1.0", "Range: bytes=200-"),
    ],
)
async def test_old_players_get_neither_chunks_nor_a_length(radio: Worker, lines: tuple[str, ...]) -> None:
    async with on_air(radio, mp3(100)), player(radio.http_port, *lines) as (head, reader):
        assert head.startswith("HTTP/1.1 200 ")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        assert fields["connection"] == "close"
        assert fields["content-type"] == "audio/mpeg"
        assert "content-length" not in fields
        assert "transfer-encoding" not in fields
        assert ("icy-metaint" in fields) == any("icy-metadata" in line.lower() for line in lines)
        sound = await asyncio.wait_for(reader.readexactly(8000), 20)
        assert sound.startswith(FrameParser().feed(sound)[0].data)  # no chunk's length before it


async def test_the_end_of_the_sound_is_the_end_of_the_connection(radio: Worker) -> None:
    async with on_air(radio, mp3(100)), player(radio.http_port, "GET /listen/radio HTTP/1.0") as (_, reader):
        await reader.readexactly(1000)
        radio.module.service.end_players()
        await asyncio.wait_for(reader.read(), 20)


@pytest.mark.parametrize("fields", [("Icy-MetaData: 1",), ()])
async def test_a_head_alone_is_as_the_answer_and_nobody_listens(
    radio: Worker, station: Station, fields: tuple[str, ...]
) -> None:
    lines = ("HEAD /listen/radio HTTP/1.1", "Host: x", "Connection: close", *fields)
    async with on_air(radio, mp3(100)), player(radio.http_port, *lines) as (head, reader):
        assert "content-length" not in head.lower()
        assert "transfer-encoding" not in head.lower()
        assert "connection: close" in head.lower()
        assert await asyncio.wait_for(reader.read(), 20) == b""
    assert (station.open_players, station.closed_players) == ({}, [])


@pytest.mark.parametrize("size", [1, 2, 1024])
@pytest.mark.parametrize("fields", [{}, {"Icy-MetaData": "1"}])
async def test_a_player_that_only_asks_for_a_part_gets_it_and_is_no_listener(
    radio: Worker, second: Worker, station: Station, size: int, fields: dict[str, str]
) -> None:
    async with on_air(radio, mp3(40)), httpx.AsyncClient(timeout=20) as client:
        await eventually(lambda: second.sources.heard(CHANNEL))
        for url in (radio.listen_url, second.listen_url):
            answer = await client.get(url, headers={"Range": f"bytes=0-{size - 1}", **fields})
            assert answer.status_code == 206
            assert answer.headers["content-range"] == f"bytes 0-{size - 1}/*"
            assert answer.headers["content-length"] == str(size)
            assert answer.headers["content-type"] == "audio/mpeg"
            assert answer.content == mp3(40)[:size]
    assert (station.open_players, station.closed_players) == ({}, [])


async def test_nginx_speaks_http_1_0_to_us_and_makes_up_no_length(radio: Worker, tmp_path: Path) -> None:
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(binary).exists():  # noqa: ASYNC240 - a look at the start
        missing("nginx", "apt install nginx")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p;"
        f"fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{radio.http_port};"
        " proxy_buffering off; } } }\n"
    )
    nginx = await asyncio.create_subprocess_exec(binary, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path))
    try:
        async with on_air(radio, mp3(100)), httpx.AsyncClient(timeout=20) as client:
            url = f"http://127.0.0.1:{port}/listen/radio"
            await eventually(lambda: _answers(client, url))
            async with client.stream("GET", url, headers={"Icy-MetaData": "1"}) as answer:
                assert "content-length" not in answer.headers
                assert answer.headers["icy-metaint"] == "16000"
                sound = await anext(answer.aiter_bytes())
                assert sound.startswith(FrameParser().feed(sound)[0].data)
    finally:
        nginx.terminate()
        await nginx.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.head(url)).status_code == 200
    return False


async def test_streamripper_cuts_the_sound_into_tracks(radio: Worker, station: Station, tmp_path: Path) -> None:
    if shutil.which("streamripper") is None:
        missing("streamripper", "apt install streamripper")
    station.title = "Bjork - Joga"
    async with ffmpeg(radio.source_port):
        await eventually(lambda: radio.sources.heard(CHANNEL))
        _, out, errors = await run(
            "streamripper", radio.listen_url, "-l", "6", "-d", str(tmp_path), "-s", "-A", "-a", "rip"
        )
        sound = (tmp_path / "rip.mp3").read_bytes()
        parser = FrameParser()
        assert len(parser.feed(sound)) > 40, out.decode() + errors
        assert parser.rubbish_bytes < 500  # neither chunks nor titles in the sound
        assert b"TRACK 01" in (tmp_path / "rip.cue").read_bytes()  # its titles are broken UTF-16


async def test_curl_of_http_1_0_hears_frames_alone(radio: Worker) -> None:
    async with ffmpeg(radio.source_port):
        await eventually(lambda: radio.sources.heard(CHANNEL))
        _, sound, _ = await run("curl", "-s", "-0", "-m", "3", radio.listen_url)
        parser = FrameParser()
        assert len(parser.feed(sound)) > 40
        assert parser.rubbish_bytes == 0


# One source after another

OLD, NEW = mp3(100, kbps=64), mp3(100)  # told apart by their bytes


async def first_sound(port: int, size: int = 4000) -> bytes:
    async with player(port, "GET /listen/radio HTTP/1.0") as (head, reader):
        assert head.startswith("HTTP/1.1 200 "), head
        return await asyncio.wait_for(reader.readexactly(size), 30)


async def test_a_new_listener_hears_nothing_of_the_show_before(radio: Worker, second: Worker) -> None:
    async with on_air(radio, OLD):
        assert await first_sound(second.http_port, 200) in OLD
    await eventually(lambda: _gone(radio))
    async with on_air(radio, NEW, "User-Agent: another"):
        for port in (radio.http_port, second.http_port):
            assert await first_sound(port) in NEW


async def _gone(radio: Worker) -> bool:
    return await radio.sources.info(CHANNEL) is None


async def test_who_joins_before_the_new_source_is_heard_waits_for_it(radio: Worker, second: Worker) -> None:
    """Also where this worker still reads for others, and has the old show's end in its hands."""
    async with player(second.http_port, "GET /listen/radio HTTP/1.0") as (head, _):
        assert head.startswith("HTTP/1.1 503 ")
    async with on_air(radio, OLD), player(second.http_port, "GET /listen/radio HTTP/1.0") as (_, staying):
        await staying.readexactly(1000)
        await radio.sources.drop(CHANNEL, refuse_s=0)
        await eventually(lambda: _gone(radio))
        source = await RawSource.request(radio.source_port, "PUT /radio HTTP/1.1", MP3)
        await source.head()
        waiting = [asyncio.create_task(first_sound(port)) for port in (radio.http_port, second.http_port)]
        await eventually(lambda: second.module.service._readers.players == 2)
        await eventually(lambda: radio.module.service._readers.players == 1)
        source.writer.write(NEW)
        for sound in await asyncio.gather(*waiting):
            assert sound in NEW
        await source.close()
        rest = await asyncio.wait_for(staying.readexactly(len(OLD) - 4000), 30)
        assert NEW[:2000] in rest + await asyncio.wait_for(staying.readexactly(8000), 30)


def block(number: int, source_ms: int) -> Block:
    return Block(b"%d:%02d " % (source_ms, number), number * 250, 250, source_ms)


async def test_blocks_of_two_sources_side_by_side(redis: RedisStore, station: Station) -> None:
    reader = ChannelReader(CHANNEL, store=redis, channels=station)
    reader._spread([block(n, 1) for n in range(6)])
    early, late = PlayerQueue(since_ms=1), PlayerQueue(since_ms=2)
    reader.add(early)
    reader.add(late)
    reader._spread([block(6, 1), block(7, 2)])  # no gap in time between them
    newest = PlayerQueue(since_ms=2)
    reader.add(newest)
    assert await late.next() == await newest.next() == b"2:07 "
    assert await early.next() == b"".join(b"1:%02d " % n for n in range(7)) + b"2:07 "
