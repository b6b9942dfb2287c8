"""Every command block of the documents is run: a page is one test, in one shell session, in a folder of its own."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kit.session import Role
from tests.harness import ROOT, free_port, missing
from tests.kafka import mock_brokers
from tests.live import PASSWORD, SECRET, Gateway
from tests.support.pages import Block, blocks_of, pages
from tests.support.shell import Shell
from tests.support.sounds import mp3

SLUG = "my-club"
PROGRAMS = ("curl", "ffmpeg", "mpv", "node", "openssl")
FOLDERS = ("/var/backups", "/usr/local/bin")
OWNER, ADMIN = "you@example.org", "admin@example.org"


@dataclass(frozen=True)
class Page:
    """What a page takes for granted.

    Attributes:
        served: Whether a server runs, with an owner who has a channel, and an admin.
        stored: Whether there is a database.
        replaced: What else of its blocks stands for something of the session.
        with_it: What has to be there meanwhile; gives more that is replaced.
    """

    served: bool = False
    stored: bool = False
    replaced: dict[str, str] = field(default_factory=dict)
    with_it: Callable[[], AbstractContextManager[dict[str, str]]] = lambda: nullcontext({})


@contextmanager
def brokers() -> Iterator[dict[str, str]]:
    with mock_brokers() as url:
        yield {"kafka://127.0.0.1:9092": url}


PAGES = {
    "README.md": Page(served=True),
    "docs/tutorial/first-station.md": Page(
        replaced={"PASSWORD": "$(sed -n 's/^source password //p' \"$SESSION/said\")", "…": "harbour lights 7"},
    ),
    "docs/how-to/go-live.md": Page(served=True),
    "docs/how-to/score-a-match.md": Page(served=True, replaced={"…": PASSWORD}),
    "docs/how-to/feeds.md": Page(
        served=True,
        # Nobody is asked: where the provider should be, nobody listens.
        replaced={"…": PASSWORD, '"provider": "espn",': '"provider": "espn", "baseUrl": "http://127.0.0.1:9",'},
    ),
    "docs/how-to/grow.md": Page(),
    "docs/how-to/back-up.md": Page(
        stored=True,
        # It starts a server, for four seconds of processor; tests/integration/touchline/test_backup.py does it.
        replaced={'backup verify "$target"': "backup verify --help"},
    ),
    "docs/how-to/containers.md": Page(),
    "docs/how-to/kafka.md": Page(with_it=brokers),
    "docs/realtime.md": Page(served=True, replaced={"demo-fm": SLUG}),
}
"""What each page with blocks takes for granted."""


def runnable() -> dict[str, list[Block]]:
    """The blocks to run and the files that they use, by page."""
    found = {}
    for page in pages():
        blocks = [one for one in blocks_of(page) if one.runs or one.said("saved as ")]
        if any(one.runs for one in blocks):
            found[str(page.relative_to(ROOT))] = blocks
    return found


def test_every_page_with_commands_is_tried() -> None:
    assert set(runnable()) == set(PAGES)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, str]]:
    """A server for the pages that take one for granted, and the source password of its channel."""
    gateway = Gateway(tmp_path_factory.mktemp("served"))
    gateway.start()

    async def populate() -> str:
        owner = await gateway.account(Role.OWNER, email=OWNER)
        await gateway.account(Role.ADMIN, email=ADMIN)
        return str((await gateway.channel(owner, SLUG))["source"]["password"])

    yield gateway, asyncio.run(populate())
    gateway.stop()


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_do_what_it_says(
    page: str, short_tmp: Path, sqlite_template: Path, request: pytest.FixtureRequest
) -> None:
    taken, blocks = PAGES[page], runnable()[page]
    for program in PROGRAMS:
        if any(re.search(rf"\b{program}\b", block.text) for block in blocks) and shutil.which(program) is None:
            missing(program, f"apt install {program}")
    folder = short_tmp / "sources"
    (folder / "data").mkdir(mode=0o700, parents=True)
    (folder / "data/demo.mp3").write_bytes(mp3(200))  # which the demo would take seconds to render
    (folder / "show.mp3").write_bytes(mp3(60))
    port, source_port = free_port(), free_port()
    known = {}
    if taken.served:
        gateway, password = request.getfixturevalue("served")
        port, source_port = gateway.port, gateway.source_port
        known = {"PASSWORD": password, "SLUG": SLUG}
    if taken.stored:
        shutil.copyfile(sqlite_template, folder / "data/touchline.db")
    replaced = {
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "127.0.0.1:8005": f"127.0.0.1:{source_port}",
        "9000": str(free_port()),
        "9005": str(free_port()),
        "/opt/touchline": str(folder),
        **{place: f"{folder}{place}" for place in FOLDERS},
        **known,
        **taken.replaced,
    }
    with taken.with_it() as more:
        shell = Shell(
            folder,
            environment={
                "TOUCHLINE_SECRET_KEY": SECRET,
                "TOUCHLINE_SOURCE_PORT": str(source_port),
                "TOUCHLINE_DATABASE_TIMEOUT": "30",
                "MAKEFLAGS": f"PORT={port}",
            },
            replaced=replaced | more,
            port=port,
        )
        shell.command("mpv", f'#!/bin/sh\nexec {shutil.which("mpv")} --no-config --ao=null "$@"\n')
        assert "Traceback" not in shell.run(blocks)
