"""Every command block of the documents is run: a page is one test, in one shell session, on servers of its own."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kit.contracts import convert
from kit.session import Role
from streaming.contracts import CreateChannel
from tests.harness import ROOT, free_port, missing
from tests.kafka import mock_brokers
from tests.live import PASSWORD, SECRET, Gateway
from tests.support.pages import Block, blocks_of, pages
from tests.support.shell import Shell
from tests.support.sounds import mp3
from touchline.app import Application, with_app

SLUG = "my-club"
PROGRAMS = ("curl", "ffmpeg", "mpv", "node", "openssl")
FOLDERS = ("/var/backups", "/usr/local/bin")
OWNER, ADMIN = "you@example.org", "admin@example.org"


@dataclass(frozen=True)
class Page:
    """What a page takes for granted.

    Attributes:
        accounts: Whether there are an owner with a channel, and an admin.
        served: Whether a server runs.
        replaced: What else of its blocks stands for something of the session.
        with_it: What has to be there meanwhile; gives more that is replaced.
    """

    accounts: bool = True
    served: bool = False
    replaced: dict[str, str] = field(default_factory=dict)
    with_it: Callable[[], AbstractContextManager[dict[str, str]]] = lambda: nullcontext({})


@contextmanager
def brokers() -> Iterator[dict[str, str]]:
    with mock_brokers() as url:
        yield {"kafka://127.0.0.1:9092": url}


PAGES = {
    "README.md": Page(served=True),
    "docs/tutorial/first-station.md": Page(
        accounts=False,
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
    "docs/how-to/back-up.md": Page(),
    "docs/how-to/containers.md": Page(accounts=False),
    "docs/how-to/kafka.md": Page(accounts=False, with_it=brokers),
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


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_do_what_it_says(page: str, short_tmp: Path, sqlite_template: Path) -> None:
    taken, blocks = PAGES[page], runnable()[page]
    for program in PROGRAMS:
        if any(re.search(rf"\b{program}\b", block.text) for block in blocks) and shutil.which(program) is None:
            missing(program, f"apt install {program}")
    gateway = Gateway(short_tmp / "sources")
    replaced = {
        "127.0.0.1:8000": f"127.0.0.1:{gateway.port}",
        "127.0.0.1:8005": f"127.0.0.1:{gateway.source_port}",
        "9000": str(free_port()),
        "9005": str(free_port()),
        "/opt/touchline": str(gateway.directory),
        **{folder: f"{gateway.directory}{folder}" for folder in FOLDERS},
        **taken.replaced,
    }
    gateway.directory.mkdir()
    (gateway.directory / "show.mp3").write_bytes(mp3(60))
    gateway.settings.data_dir.mkdir(mode=0o700)
    (gateway.settings.data_dir / "demo.mp3").write_bytes(mp3(200))  # which the demo would take seconds to render
    if taken.accounts:
        shutil.copyfile(sqlite_template, gateway.settings.data_dir / "touchline.db")
        password = asyncio.run(with_app(gateway.settings, make_accounts, migrated=False))
        replaced |= {"PASSWORD": password, "SLUG": SLUG}
    if taken.served:
        gateway.start()
    try:
        with taken.with_it() as more:
            shell = Shell(
                gateway.directory,
                environment={
                    "TOUCHLINE_SECRET_KEY": SECRET,
                    "TOUCHLINE_SOURCE_PORT": str(gateway.source_port),
                    "TOUCHLINE_DATABASE_TIMEOUT": "30",
                    "MAKEFLAGS": f"PORT={gateway.port}",
                },
                replaced=replaced | more,
                port=gateway.port,
            )
            shell.command("mpv", f'#!/bin/sh\nexec {shutil.which("mpv")} --no-config --ao=null "$@"\n')
            said = shell.run(blocks)
    finally:
        gateway.stop()
    assert "Traceback" not in said


async def make_accounts(app: Application) -> str:
    """An owner with a channel, and an admin; returns the channel's source password."""
    owner = await app.identity.create_user(email=OWNER, password=PASSWORD, role=Role.OWNER, display_name="You")
    await app.identity.create_user(email=ADMIN, password=PASSWORD, role=Role.ADMIN, display_name="Admin")
    channel = await app.channels.create_for(owner.id, convert({"slug": SLUG, "name": "My Club Radio"}, CreateChannel))
    assert channel.source is not None
    return channel.source.password
