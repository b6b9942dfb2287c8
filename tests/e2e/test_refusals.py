"""Software that is not let in: the studio says so, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.async_api import expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_layout import CUT_OFF, NARROWEST
from tests.e2e.test_pages import AXE, violations
from tests.live import Gateway
from tests.support.radio import ffmpeg

Open = Callable[..., Any]


async def test_the_source_card_says_why_software_was_refused(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    password = (await site.channel(owner, "refused-fm"))["source"]["password"]
    desk: Visitor = await visitor("/station")
    page = desk.page
    await desk.sign_in(owner)
    await desk.shows("Waiting for sound")
    refused = page.get_by_role("region", name="Refused sources")
    await expect(refused).to_have_count(0)
    await desk.mark()
    lines = refused.get_by_role("listitem")
    for _ in range(2):
        async with ffmpeg(site.source_port, password="not the password", path="/refused-fm") as source:
            assert await source.wait() != 0
    await expect(lines).to_have_count(1)
    await expect(lines).to_contain_text(re.compile(r"The password was wrong\..*Lavf/\S+ from 127\.0\.0\.1"))
    ogg = ("-c:a", "libvorbis", "-f", "ogg", "-content_type", "audio/ogg")
    async with ffmpeg(site.source_port, *ogg, password=password, path="/refused-fm") as source:
        assert await source.wait() != 0
    await expect(lines).to_have_count(2)
    await expect(lines.first).to_contain_text(re.compile(r"announced is audio/ogg\. Only MP3 is taken here"))
    await expect(lines.last).to_contain_text(re.compile(r"The password was wrong\. \(2 times\)"))
    assert await desk.internal_names() == []
    await page.evaluate(AXE.read_text())
    for width, scheme in ((NARROWEST, "dark"), (1440, "light")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == [], (width, scheme)
        assert await page.evaluate(CUT_OFF) == [], width
    async with ffmpeg(site.source_port, password=password, path="/refused-fm"):
        await desk.shows("Sound is arriving")
    await desk.is_the_same_page()
