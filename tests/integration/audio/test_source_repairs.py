"""Sources as they come, go, return, name tracks and send what is no MP3."""

from __future__ import annotations

import asyncio
import io
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame

from audio.intake import SourceTimeouts
from audio.titles import SourceTitle
from tests.harness import eventually, missing
from tests.support.radio import CHANNEL, PASSWORD, RawSource, Station, Worker, ffmpeg, run, worker
from tests.support.sounds import mp3

MP3 = "Content-Type: audio/mpeg"
PUT = "PUT /radio HTTP/1.1"


async def title(port: int, query: str, password: str = PASSWORD) -> tuple[str, str]:
    """Status and body of an update."""
    line = f"GET /admin/metadata?mode=updinfo&mount=/radio&{query} HTTP/1.1"
    client = await RawSource.request(port, line, "Connection: close", password=password)
    head, body = await client.head(), await client.rest()
    await client.close()
    return head[9:12], body.decode()


async def is_free(radio: Worker) -> bool:
    return await radio.sources.info(CHANNEL) is None


@asynccontextmanager
async def source(port: int, *fields: str, body: bytes | None = None, line: str = PUT) -> AsyncIterator[RawSource]:
    """A source that was let in; it sends what a test wants."""
    connected = await RawSource.request(port, line, MP3, *fields, body=mp3() if body is None else body)
    try:
        assert (await connected.head()).startswith("HTTP/1.0 200 ")
        yield connected
    finally:
        await connected.close()


# Titles


async def test_a_title_before_the_first_sound_is_kept_for_it(radio: Worker, second: Worker, station: Station) -> None:
    async with source(radio.source_port, body=b"") as connected:
        assert (await title(second.source_port, "song=Bj%C3%B6rk+-+J%C3%B3ga"))[0] == "200"
        assert station.told == []
        assert await second.sources.titles(CHANNEL) == (SourceTitle("Björk", "Jóga"), None)
        connected.writer.write(mp3())
        await eventually(lambda: station.told == ["connected"])
        assert await radio.sources.titles(CHANNEL) == (SourceTitle("Björk", "Jóga"), None)


async def test_a_title_that_overtakes_its_source_waits_for_it(radio: Worker) -> None:
    early = asyncio.create_task(title(radio.source_port, "song=Early"))
    await eventually(lambda: radio.module.service._waiting_titles == 1)
    async with source(radio.source_port):
        assert (await early)[0] == "200"
        assert await radio.sources.titles(CHANNEL) == (SourceTitle(None, "Early"), None)


async def test_a_title_without_any_source_is_refused_and_forgotten(radio: Worker, station: Station) -> None:
    status, body = await title(radio.source_port, "song=Nowhere")
    assert (status, "Source does not exist" in body) == ("400", True)
    async with source(radio.source_port):
        await eventually(lambda: station.told == ["connected"])
        assert await radio.sources.titles(CHANNEL) == (None, None)
    assert station.titles == []


@pytest.mark.parametrize("query", ["", "song=", "song=%20-%20", "title=&artist=Bj%C3%B6rk", "url=http%3A%2F%2Fx"])
async def test_an_update_without_a_title_changes_nothing(radio: Worker, station: Station, query: str) -> None:
    async with source(radio.source_port):
        assert (await title(radio.source_port, "song=J%C3%B3ga"))[0] == "200"
        status, body = await title(radio.source_port, query)
        assert status == "400"
        assert "<message>No title was given; nothing is changed</message><return>0</return>" in body
    assert station.titles == [(None, "Jóga")]


async def test_a_title_outlives_a_reconnect_of_the_same_software_alone(radio: Worker, second: Worker) -> None:
    async with source(radio.source_port, "User-Agent: butt"):
        assert (await title(radio.source_port, "song=J%C3%B3ga"))[0] == "200"
    await eventually(lambda: is_free(radio))
    async with source(second.source_port, "User-Agent: butt"):
        assert await second.sources.titles(CHANNEL) == (SourceTitle(None, "Jóga"), None)
    await eventually(lambda: is_free(radio))
    async with source(radio.source_port, "User-Agent: mixxx"):
        assert await second.sources.titles(CHANNEL) == (None, SourceTitle(None, "Jóga"))
        assert (await title(radio.source_port, "song=Bachelorette"))[0] == "200"
        assert await second.sources.titles(CHANNEL) == (SourceTitle(None, "Bachelorette"), None)


async def test_a_title_does_not_come_back_after_a_stop(radio: Worker) -> None:
    async with source(radio.source_port, "User-Agent: butt"):
        assert (await title(radio.source_port, "song=J%C3%B3ga"))[0] == "200"
        await radio.sources.drop(CHANNEL, refuse_s=0)
        await eventually(lambda: is_free(radio))
    async with source(radio.source_port, "User-Agent: butt"):
        assert await radio.sources.titles(CHANNEL) == (None, None)


async def test_liquidsoap_and_its_first_title(radio: Worker, station: Station, tmp_path: Path) -> None:
    if shutil.which("liquidsoap") is None:
        missing("liquidsoap", "apt install liquidsoap")
    script = tmp_path / "radio.liq"
    script.write_text(
        'settings.init.allow_root.set(true)\nlog.stdout.set(true)\n'
        's = insert_metadata(sine())\n'
        'thread.run(delay=0., {s.insert_metadata([("artist", "Björk"), ("title", "Jóga")])})\n'
        f'output.icecast(%mp3(bitrate=128), host="127.0.0.1", port={radio.source_port}, password="{PASSWORD}", '
        'mount="radio", fallible=true, s)\n'
    )  # fmt: skip
    program = await asyncio.create_subprocess_exec(
        "liquidsoap", str(script), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually(lambda: station.told == ["connected"])
        await eventually(lambda: _named(radio, SourceTitle("Björk", "Jóga")))
    finally:
        program.kill()
        await program.wait()
    await eventually(lambda: is_free(radio))


async def _named(radio: Worker, wanted: SourceTitle) -> bool:
    return (await radio.sources.titles(CHANNEL))[0] == wanted


async def test_ezstream_and_its_first_title(radio: Worker, station: Station, tmp_path: Path) -> None:
    if shutil.which("ezstream") is None:
        missing("ezstream", "apt install ezstream")
    (tmp_path / "Jóga.mp3").write_bytes(mp3(2000))
    (tmp_path / "ezstream.xml").write_text(
        f"""<ezstream><servers><server><hostname>127.0.0.1</hostname><port>{radio.source_port}</port>
        <password>{PASSWORD}</password></server></servers>
        <streams><stream><mountpoint>/radio</mountpoint><format>MP3</format></stream></streams>
        <intakes><intake><type>file</type><filename>{tmp_path}/Jóga.mp3</filename></intake></intakes></ezstream>"""
    )
    (tmp_path / "ezstream.xml").chmod(0o600)
    program = await asyncio.create_subprocess_exec("ezstream", "-c", str(tmp_path / "ezstream.xml"))
    try:
        await eventually(lambda: station.told == ["connected"])
        await eventually(lambda: _named(radio, SourceTitle(None, "Jóga")))
    finally:
        program.kill()
        await program.wait()
    await eventually(lambda: is_free(radio))


# What is no MP3


@cache
def encoded(codec: str, container: str, seconds: float = 3.0) -> bytes:
    """A tone in another format."""
    output = io.BytesIO()
    with av.open(output, "w", format=container) as made:
        stream = made.add_stream(codec, rate=48_000)
        stream.layout = "stereo"
        chosen = stream.codec_context.format.name
        size = stream.codec_context.frame_size or 1024
        for number in range(round(seconds * 48_000 / size)):
            frame = AudioFrame(format=chosen, layout="stereo", samples=size)
            for plane in frame.planes:
                plane.update(bytes((number + i * 3) % 256 if i % 4 == 0 else 0 for i in range(plane.buffer_size)))
            frame.sample_rate, frame.pts = 48_000, number * size
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return output.getvalue()


FORMATS = [
    ("aac", "adts", "AAC"), ("mp2", "mp2", "MP2"), ("flac", "flac", "FLAC"), ("libopus", "ogg", "Ogg"),
    ("pcm_s16le", "wav", "WAV"), ("libopus", "webm", "WebM or Matroska"), ("aac", "mpegts", "MPEG-TS"),
]  # fmt: skip


@pytest.mark.parametrize(("codec", "container", "name"), FORMATS)
@pytest.mark.parametrize("cut", [0, 1000])
async def test_another_format_called_mp3_is_refused_by_its_name(
    radio: Worker, station: Station, codec: str, container: str, name: str, cut: int
) -> None:
    if cut and container in {"wav", "flac", "webm", "mpegts"}:
        pytest.skip("its middle is not told from noise; see below")
    sound = encoded(codec, container)[cut:]
    client = await RawSource.request(radio.source_port, PUT, MP3, "Expect: 100-continue")
    assert "100 Continue" in await client.head()
    client.writer.write(sound)
    answer = (await client.rest()).decode()
    assert answer.startswith("HTTP/1.1 415 ") or cut
    await client.close()
    await eventually(lambda: is_free(radio))
    await eventually(lambda: len(station.refusals) == 1)
    assert station.refusals[0].code == "format"
    assert station.refusals[0].reason.startswith(f"What was sent is {name}. Only MP3 is taken here")
    assert station.told in ([], ["lost"])


async def test_noise_called_mp3_is_refused_in_time(redis_url: str, station: Station) -> None:
    async with worker(redis_url, station, timeouts=SourceTimeouts(foreign_s=0.3, tick_s=0.05)) as radio:
        noise = random.Random(5).randbytes(20_000).replace(b"\xff", b"\x00")  # noqa: S311 - no secret
        client = await RawSource.request(radio.source_port, PUT, MP3, body=noise)
        assert await client.rest() == b"HTTP/1.0 200 OK\r\nServer: Touchline\r\n\r\n"
        await eventually(lambda: len(station.refusals) == 1)
        assert station.refusals[0].reason.startswith("What was sent is no sound that is known here. Only MP3")
        await client.close()
        assert await is_free(radio)


async def test_another_format_in_the_middle_of_the_sound(redis_url: str, station: Station) -> None:
    async with worker(redis_url, station, timeouts=SourceTimeouts(foreign_s=0.3, tick_s=0.05)) as radio:
        async with source(radio.source_port) as connected:
            await eventually(lambda: station.told == ["connected"])

            async def refused() -> bool:
                connected.writer.write(encoded("aac", "adts")[:4000])
                return bool(station.refusals)

            await eventually(refused)
        assert station.refusals[0].reason.startswith("What was sent is AAC.")
        await eventually(lambda: station.told == ["connected", "lost"])


async def test_a_few_bytes_of_rubbish_and_silence_are_no_other_format(redis_url: str, station: Station) -> None:
    timeouts = SourceTimeouts(foreign_s=0.05, lost_s=0.3, closed_s=0.6, tick_s=0.05)
    async with worker(redis_url, station, timeouts=timeouts) as radio:
        async with source(radio.source_port, body=mp3() + b"TAG" + bytes(4000)) as connected:
            await eventually(lambda: station.told == ["connected", "lost"])
            assert await connected.rest() == b""
        assert station.refusals == []


@pytest.mark.parametrize("ending", ["ogg", "OPUS", "aac", "flac", "m4a", "webm", "mp3.ogg"])
async def test_a_mount_with_another_ending_says_what_is_taken(radio: Worker, station: Station, ending: str) -> None:
    for _ in range(12):  # more than wrong passwords are allowed
        client = await RawSource.request(radio.source_port, f"PUT /radio.{ending} HTTP/1.1", MP3)
        head, body = await client.head(), (await client.rest()).decode()
        assert head.startswith("HTTP/1.1 415 ")
        assert "Only MP3 is taken here" in body
        assert "/radio" in body
        await client.close()
    async with source(radio.source_port):
        pass
    assert station.refusals[0].code == "format"


@pytest.mark.parametrize("ending", [".mp3", ".MP3", ".Mp3"])
async def test_endings_of_mp3_in_any_case(radio: Worker, station: Station, ending: str) -> None:
    async with source(radio.source_port, line=f"PUT /radio{ending} HTTP/1.1"):
        await eventually(lambda: station.told == ["connected"])


# Refusals, as the station sees them


async def test_every_refusal_is_kept_for_the_station(radio: Worker, second: Worker, station: Station) -> None:
    async def refused(line: str, *fields: str, password: str = PASSWORD) -> None:
        client = await RawSource.request(second.source_port, line, *fields, password=password)
        await client.head()
        await client.close()

    await refused(PUT, MP3, "User-Agent: butt", password="wrong")
    await refused(PUT, MP3, "User-Agent: butt", password="wrong")
    await refused(PUT, "Content-Type: application/ogg")
    async with source(radio.source_port):
        await eventually(lambda: station.told == ["connected"])
        await refused(PUT, MP3, "User-Agent: mixxx")
    await refused("PUT /nowhere HTTP/1.1", MP3)
    await radio.sources.drop(CHANNEL, refuse_s=60)
    await refused(PUT, MP3)
    kept = await radio.sources.refusals(CHANNEL)
    assert [(one.code, one.count, one.client) for one in kept] == [
        ("stopped", 1, "unknown"), ("in_use", 1, "mixxx"), ("format", 1, "unknown"), ("password", 2, "butt"),
    ]  # fmt: skip
    assert {one.address for one in kept} == {"127.0.0.1"}
    assert kept[2].reason.startswith("What is announced is application/ogg. Only MP3")
    assert [one.code for one in station.refusals if one.count == 1] == ["password", "format", "in_use", "stopped"]


async def test_a_probe_without_a_password_is_no_refusal(radio: Worker) -> None:
    client = await RawSource.request(radio.source_port, "SOURCE /radio HTTP/1.0", password=None)
    assert (await client.head()).startswith("HTTP/1.1 401 ")
    await client.close()
    assert await radio.sources.refusals(CHANNEL) == []


async def test_few_refusals_are_kept(radio: Worker) -> None:
    for number in range(15):
        client = await RawSource.request(radio.source_port, PUT, MP3, f"User-Agent: a{number}", "Transfer-Encoding: x")
        await client.head()
        await client.close()
    assert [one.client for one in await radio.sources.refusals(CHANNEL)] == [f"a{n}" for n in range(14, 4, -1)]


# Coming and going


async def test_a_file_sent_at_once_leaves_the_mount_with_its_sender(radio: Worker, tmp_path: Path) -> None:
    """Minutes of sound wait in the sender's system, and its end behind them."""
    path = tmp_path / "show.mp3"
    path.write_bytes(mp3(1000) * 8)  # 3.5 minutes
    code, _, errors = await run(
        "ffmpeg", "-v", "error", "-i", str(path), "-c", "copy", "-f", "mp3", "-content_type", "audio/mpeg",
        f"icecast://source:{PASSWORD}@127.0.0.1:{radio.source_port}/radio",
    )  # fmt: skip
    assert code == 0, errors
    async with source(radio.source_port, "User-Agent: the next show"):
        pass


async def test_what_was_sent_ahead_goes_with_the_source(radio: Worker, station: Station) -> None:
    async with source(radio.source_port, body=mp3(700)) as connected:  # 18 s, more than is read ahead
        await eventually(lambda: station.told == ["connected"])
        connected.writer.write_eof()
        assert (await connected.rest()).strip() == b""
        await eventually(lambda: is_free(radio))
    entries = await radio.store.client.xrange(f"audio:{{{CHANNEL}}}")
    assert sum(int(fields[b"u"]) for _, fields in entries) < 10_000_000


async def test_a_source_that_returns_at_once_is_let_in(radio: Worker, second: Worker, station: Station) -> None:
    """Its former connection hangs: the network changed, nobody was told."""
    async with source(radio.source_port, "User-Agent: butt") as former:
        await eventually(lambda: station.told == ["connected"])
        async with source(second.source_port, "User-Agent: butt") as again:
            assert await former.rest() == b""
            await eventually(lambda: station.told.count("connected") == 2)
            assert again.reader.at_eof() is False


async def test_a_source_whose_worker_died_is_let_in_by_another(radio: Worker, second: Worker, station: Station) -> None:
    async with source(radio.source_port, "User-Agent: butt"):
        await eventually(lambda: station.told == ["connected"])
        for intake in list(radio.module.service._intakes):  # a killed worker says nothing more
            intake._leases = _Silent()  # type: ignore[assignment]
        async with source(second.source_port, "User-Agent: butt"):
            await eventually(lambda: second.sources.heard(CHANNEL))


class _Silent:
    """Redis as a dead worker reaches it."""

    async def renew(self, *_: object) -> None:
        await asyncio.Event().wait()

    append = acquire = release = renew


async def test_two_living_sources_of_one_software_are_still_two(
    radio: Worker, second: Worker, station: Station
) -> None:
    async with ffmpeg(radio.source_port) as first:
        await eventually(lambda: radio.sources.heard(CHANNEL))
        async with ffmpeg(second.source_port) as other:
            assert await asyncio.wait_for(other.wait(), 30) != 0
        assert first.returncode is None
        assert station.told == ["connected"]
        assert (await radio.sources.refusals(CHANNEL))[0].code == "in_use"
