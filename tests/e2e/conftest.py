"""People with browsers: the system's Chromium on the pages of one running gateway."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from kit.session import Role
from tests.harness import ROOT, SHARED_DATA, missing
from tests.live import PASSWORD, Account, Gateway

HERE = Path(__file__).parent
PATIENCE_MS = 30_000
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# What a browser itself says of a request that failed: no fault of a page whose server is gone, or refuses a password.
UNREACHABLE = r"net::ERR_|WebSocket connection to|Failed to load resource: .*50[234]"
REFUSED_LOGIN = r"Failed to load resource: .* 40[01]"

# What no person should read: `chat:send`, `invalid_payload`, `showTitle`, `$.text`, an unset value.
INTERNAL = re.compile(
    r"\b[a-z]+:[a-z]+(?:-[a-z]+)*\b(?!/)|\$[.\[]|`|\b[a-z]+_[a-z_]+\b|\b[a-z]+[a-z][A-Z][a-z]\w*|\b(?:undefined|null|NaN)\b|\[object"
)

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visitor:
    """One person with one window. What the page complains about on the console is kept."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    allowed: str | None = None

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    @property
    def unexpected(self) -> list[str]:
        return [text for text in self.complaints if self.allowed is None or re.search(self.allowed, text) is None]

    async def open(self, path: str) -> Visitor:
        await self.page.goto(f"{self.base}{path}")
        return self

    async def sign_in(self, account: Account, password: str = PASSWORD) -> None:
        """Fill in the form that is on the page."""
        await self.page.get_by_label("Email").fill(account.email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.locator("form").get_by_role("button", name="Sign in").click()

    async def shows(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def internal_names(self) -> list[str]:
        """The words on the page that are for programs; also what only a screen reader says."""
        text = await self.page.evaluate(
            "document.body.innerText + '\\n'"
            " + [...document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')].flatMap((one) =>"
            " ['aria-label', 'title', 'placeholder', 'alt'].map((name) => one.getAttribute(name) ?? '')).join('\\n')"
        )
        return INTERNAL.findall(re.sub(r"https?://\S+|\S+@\S+", "", text))

    async def is_the_same_page(self) -> None:
        """Fails if the page was loaded again since `mark`."""
        assert await self.page.evaluate("window.marked") is True

    async def mark(self) -> None:
        await self.page.evaluate("window.marked = true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all of these tests, so that they may share a browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for all of these tests."""
    if not (ROOT / "src/touchline/static/index.html").exists():
        missing("the built pages", "make setup")
    gateway = Gateway(tmp_path_factory.mktemp("site"))
    gateway.start()
    yield gateway
    gateway.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def site(shared_site: Gateway) -> AsyncIterator[Gateway]:
    """The gateway, with nothing on it but the accounts of earlier tests: lists and counts are this test's own."""
    yield shared_site
    if shared_site.process is None:
        shared_site.start()
    await clear(shared_site)


async def clear(site: Gateway) -> None:
    """Take away what is on air, feeds, matches and channels."""
    admin = await site.account(Role.ADMIN)
    reason = {"reason": "The test is over"}
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        for feed in (await rest.get("/api/admin/feeds")).raise_for_status().json()["items"]:
            (await rest.delete(f"/api/admin/feeds/{feed['id']}", params=reason)).raise_for_status()
        while items := (await rest.get("/api/matches", params={"limit": 100})).raise_for_status().json()["items"]:
            for match in items:
                (await rest.delete(f"/api/matches/{match['id']}", params={"force": "true"})).raise_for_status()
        while items := (await rest.get("/api/channels", params={"limit": 100})).raise_for_status().json()["items"]:
            for channel in items:
                for stream in (await rest.get(f"/api/channels/{channel['id']}/streams")).json()["items"]:
                    if "endedAt" not in stream:
                        stop = f"/api/channels/{channel['id']}/streams/{stream['id']}/stop"
                        (await rest.post(stop, json=reason)).raise_for_status()
                (await rest.delete(f"/api/channels/{channel['id']}")).raise_for_status()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        missing("Chromium", "apt install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(site: Gateway, browser: Browser) -> AsyncIterator[Callable[..., object]]:
    """Opens windows, each of a person with a device of its own; at the end no page may have complained."""
    visitors: list[Visitor] = []

    async def make(
        path: str | None = None, *, allowed: str | None = None, width: int = 1280, base: str | None = None
    ) -> Visitor:
        context: BrowserContext = await browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", locale="en-GB"
        )
        new = Visitor(await context.new_page(), base or site.url, allowed=allowed)
        visitors.append(new)
        return await new.open(path) if path is not None else new

    yield make
    complaints = [text for one in visitors for text in one.unexpected]
    for one in visitors:
        await one.page.context.close()
    assert complaints == []


@pytest.fixture
def data(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a real match's file."""

    def find(pattern: str) -> Path:
        found = sorted(SHARED_DATA.glob(pattern))
        if not found:
            pytest.skip(f"no real match data: {SHARED_DATA}/{pattern}")
        return Path(shutil.copy(found[0], tmp_path))

    return find
