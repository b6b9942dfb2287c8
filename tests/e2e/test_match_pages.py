"""The list of matches and the pages of matches, as people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.async_api import Locator, Page, WebSocket, expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_matches import board, line
from tests.e2e.test_pages import AXE, violations
from tests.harness import eventually, free_port, missing
from tests.live import Gateway

Open = Callable[..., Any]
Json = dict[str, Any]

SIDES = [
    {"id": "red", "name": "Rovers", "abbreviation": "RED", "qualifier": "home"},
    {"id": "blue", "name": "Wanderers", "abbreviation": "BLU", "qualifier": "away"},
]
POSITIONS = ("GK", "RB", "CB", "CB", "LB", "CM", "CM", "CM", "RW", "ST", "LW")


def lineup(side: str) -> list[Json]:
    return [
        {
            "id": f"{side}{n}", "name": f"{side.title()} {n}", "number": n, "starter": n <= 11,
            "position": POSITIONS[n - 1] if n <= 11 else "CM",
        }
        for n in range(1, 14)
    ]  # fmt: skip


async def create(rest: httpx.AsyncClient, sport: str = "football", **more: Any) -> str:
    new = {
        "sport": sport, "competition": {"id": "pages-cup", "name": "Pages Cup"}, "competitors": SIDES,
        "scheduledAt": datetime.now(UTC).isoformat(), **more,
    }  # fmt: skip
    answer = await rest.post("/api/matches", json=new)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def post(rest: httpx.AsyncClient, match: str, *ops: Json) -> None:
    answer = await rest.post(f"/api/matches/{match}/events", json=list(ops))
    assert {item["result"] for item in answer.json()["items"]} == {"applied"}, answer.text


def event(order: str, kind: str, side: str | None = None, period: int = 1, **more: Any) -> Json:
    return {
        "provider": "desk", "eventId": f"{period}.{order}", "type": kind, "period": period, "orderKey": order,
        "occurredAt": datetime.now(UTC).isoformat(), **({"competitorId": side} if side else {}), **more,
    }  # fmt: skip


def at(minute: int, **players: str) -> Json:
    """A moment of a football match, and who did what by role."""
    return {
        "clock": {"display": f"{minute}'", "playedS": minute * 60 - 30},
        "players": [
            {"id": player, "role": role, "name": re.sub(r"^(red|blue)", lambda found: f"{found[0].title()} ", player)}
            for role, player in players.items()
        ],
    }


def rows(page: Page) -> Locator:
    return page.get_by_role("main").locator("a[href^='/m/']")


def rooms_of(page: Page) -> list[tuple[str, str]]:
    """The rooms of matches that this page enters and leaves from now on: `("join", id)`."""
    told: list[tuple[str, str]] = []

    def read(frame: str | bytes) -> None:
        found = re.search(r'\["match:(join|leave)",(\{.*?\})', frame if isinstance(frame, str) else "")
        if found:
            told.append((found[1], json.loads(found[2])["matchId"]))

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", read)

    page.on("websocket", opened)
    return told


def readings_of(page: Page) -> list[str]:
    """What this page asks for over REST from now on."""
    read: list[str] = []
    page.on("request", lambda request: read.append(request.url) if "/api/" in request.url else None)
    return read


async def test_a_list_that_is_shared_searched_and_live(site: Gateway, visitor: Open) -> None:
    admin = await site.account(Role.ADMIN)
    now = datetime.now(UTC)
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        cup = {"id": "list-cup", "name": "List Cup"}
        await create(rest, venue="Harbour Lane")  # another competition's
        live = await create(rest, competition=cup, venue="Harbour Lane")
        await post(rest, live, event("1", "period_start"))
        soon = [
            await create(rest, competition=cup, scheduledAt=(now + timedelta(days=2, minutes=n)).isoformat())
            for n in range(44)
        ]
        await rest.patch(f"/api/matches/{soon[0]}", json={"status": "postponed", "statusDetail": "Waterlogged pitch"})
        reader: Visitor = await visitor("/")
        page = reader.page
        await page.get_by_role("navigation").get_by_role("link", name="Matches").click()
        await expect(page).to_have_url(f"{site.url}/matches")
        await expect(page.get_by_role("heading", name="Matches", level=1)).to_be_visible()

        told = rooms_of(page)
        await reader.open("/matches?competition=list-cup")
        first = page.get_by_role("region", name="Live now").locator("a[href^='/m/']")
        await expect(first).to_have_count(1)
        await expect(first).to_contain_text("Rovers")
        await eventually(lambda: ("join", live) in told)
        await post(rest, live, event("2", "goal", "blue", **at(7)))
        await expect(first).to_contain_text(re.compile(r"7'.*Rovers\s*0\s*Wanderers\s*1"))

        # Down to the last page; what is out of view is followed no longer, and what is only to come never was.
        await expect(rows(page)).to_have_count(40)
        await rows(page).last.scroll_into_view_if_needed()
        await expect(rows(page)).to_have_count(45)
        await eventually(lambda: ("leave", live) in told)
        assert {match for _, match in told} == {live}
        await expect(page.get_by_text("Waterlogged pitch")).to_be_attached()
        await rows(page).last.click()
        await expect(board(page)).to_be_visible()
        await page.go_back()
        await expect(rows(page)).to_have_count(45)
        await expect(rows(page).last).to_be_in_viewport()

        await page.get_by_role("button", name="Upcoming").click()
        await expect(page).to_have_url(re.compile(r"status=upcoming"))
        await expect(first).to_have_count(0)
        await page.get_by_role("searchbox").fill("harb")
        await expect(page).to_have_url(re.compile(r"q=harb"))
        await reader.shows("No match is like that")
        await page.get_by_role("button", name="Show all matches").click()
        await expect(page).to_have_url(f"{site.url}/matches")
        await page.go_back()
        await expect(page.get_by_role("searchbox")).to_have_value("harb")
        await page.go_back()
        await expect(page).to_have_url(f"{site.url}/matches?competition=list-cup")
        await first.click()
        await expect(page).to_have_url(f"{site.url}/m/{live}")
        await expect(board(page)).to_contain_text("Harbour Lane")


async def test_a_football_match_from_its_line_ups_to_its_withdrawal(site: Gateway, visitor: Open) -> None:
    if not AXE.exists():
        missing("axe-core", "make setup")
    admin = await site.account(Role.ADMIN)
    await site.channel(await site.account(Role.OWNER), "pages-fm")
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        silent = await create(rest, externalIds={"espn": "771"})
        await post(rest, silent, event("1", "period_start"))
        feed = {
            "matchId": silent, "provider": "espn", "baseUrl": f"http://127.0.0.1:{free_port()}", "intervalS": 1,
            "options": {"league": "eng.1"},
        }  # fmt: skip
        assert (await rest.post("/api/admin/feeds", json=feed)).status_code == 201
        waiting: Visitor = await visitor(f"/m/{silent}")

        competitors = [{**side, "lineup": lineup(str(side["id"]))} for side in SIDES]
        match = await create(rest, competitors=competitors)
        await rest.put("/api/channels/pages-fm/match", json={"matchId": match})
        await post(
            rest, match, event("0", "period_start"),
            event("10", "goal", "red", **at(10, scorer="red10", assist="red9")),
            event("20", "goal", "red", **at(20, own_goal="blue3"), detail={"ownGoal": True}),
            event("30", "card", "blue", **at(30, player="blue5"), detail={"card": "red"}),
            event("40", "substitution", "red", **at(40, player_in="red12", player_out="red8")),
            event("41", "shot", "blue", **at(41, shooter="blue9"), detail={"onTarget": True}),
        )  # fmt: skip
        reader: Visitor = await visitor(f"/m/{match}")
        page = reader.page
        read = readings_of(page)
        red = board(page).get_by_role("list", name="Goals and red cards, Rovers")
        blue = board(page).get_by_role("list", name="Goals and red cards, Wanderers")
        await expect(red).to_contain_text(re.compile(r"Red 10\s*10'.*Blue 3\s*20' \(own goal\)"))
        await expect(blue).to_contain_text("Red card: Blue 5 30'")

        # By keyboard from view to view; each has its address.
        await page.get_by_role("tab", name="Commentary").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page).to_have_url(re.compile(r"\?view=statistics$"))
        panel = page.get_by_role("tabpanel")
        await expect(panel.get_by_role("region", name="Teams compared")).to_contain_text(re.compile(r"Shots"))
        await expect(panel.get_by_role("row", name=re.compile("^Red 10 "))).to_be_visible()
        await page.keyboard.press("ArrowRight")
        await expect(page).to_have_url(re.compile(r"\?view=chart$"))
        keys = panel.get_by_role("region", name="Key events").get_by_role("listitem")
        await expect(keys).to_have_count(4)
        await expect(keys.last).to_contain_text(re.compile(r"10'.*Red 10.*1-0.*assist Red 9"))
        await page.keyboard.press("End")
        away = panel.get_by_role("region", name="Rovers")
        await expect(away.get_by_role("listitem").filter(has_text="Red 8")).to_contain_text("off 40'")
        await expect(panel.get_by_text("4-3-3").first).to_be_visible()
        async with page.expect_response("**/timeline"):
            await page.reload()
        await expect(page.get_by_role("tab", name="Line-ups")).to_have_attribute("aria-selected", "true")

        # Twenty events later this page has asked for nothing more; the scorers have grown all the same.
        await expect(red).to_be_visible()
        read.clear()
        await reader.mark()
        fouls = [event(f"5{n:02d}", "foul", "blue", **at(50, offender="blue2")) for n in range(20)]
        await post(rest, match, *fouls, event("60", "goal", "blue", **at(60, scorer="blue9")))
        await expect(blue).to_contain_text("Blue 9 60'")
        assert read == []
        said = board(page).locator("p[aria-live=polite]")
        await expect(said).to_have_text("Rovers 2, Wanderers 1")

        await page.get_by_role("tab", name="Commentary").click()
        await rest.delete(f"/api/matches/{match}/events/1.10", params={"reason": "VAR"})
        await expect(board(page)).to_contain_text("Score corrected: 2-1 → 1-1 (VAR)")
        await expect(red).not_to_contain_text("Red 10")
        await expect(line(page, "Goal").filter(has_text="10'")).to_contain_text("Withdrawn")
        assert read == []

        await page.evaluate(AXE.read_text())
        found = {}
        for view, width, scheme in (
            ("Statistics", 390, "dark"),
            ("Timeline", 1440, "light"),
            ("Line-ups", 390, "light"),
        ):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)
            await page.get_by_role("tab", name=view).click()
            await expect(panel.get_by_role("heading", level=2).first).to_be_visible()
            if broken := await violations(page):
                found[f"{view} {width} {scheme}"] = broken
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (view, width)
        assert found == {}
        await expect(said).to_have_text("Score corrected: Rovers 1, Wanderers 1. VAR.")

        card: Visitor = await visitor("/c/pages-fm", width=390)
        await expect(board(card.page)).to_contain_text("Blue 9 60'")
        assert (await rest.delete(f"/api/matches/{match}", params={"force": "true"})).status_code == 204
        await expect(board(page)).to_contain_text("This match was withdrawn.")
        await expect(board(card.page)).to_have_count(0)  # it is unlinked
        await reader.is_the_same_page()
        late: Visitor = await visitor(f"/m/{match}", allowed="404")
        await late.shows("There is no such match")
    await expect(board(waiting.page)).to_contain_text(re.compile(r"ESPN feed is silent.*the score may be old"))


def ball(order: int, batter: str, runs: int, **more: Any) -> Json:
    other = {"ann": "bea", "bea": "ann"}[batter]
    people = [("batter", batter), ("bowler", "zoe"), ("non_striker", other)]
    return event(
        f"{order:03d}", "ball", "blue", 2,
        players=[{"id": who, "role": role, "name": who.title()} for role, who in people],
        detail={"over": order // 6, "batterRuns": runs, **more},
    )  # fmt: skip


async def test_a_chase_and_a_tie_break_on_the_board(site: Gateway, visitor: Open) -> None:
    feed = await site.account(Role.FEED)
    async with httpx.AsyncClient(base_url=site.url, headers=feed.bearer) as rest:
        chase = await create(rest, "cricket", config={"overs": 2})
        await post(
            rest, chase, event("0", "period_start", detail={"battingId": "red"}),
            *(event(f"{n:03d}", "ball", "red", detail={"over": n // 6, "batterRuns": 2}) for n in range(12)),
            event("9", "period_end"), event("0s", "period_start", "blue", 2, detail={"battingId": "blue"}),
            ball(0, "ann", 4), ball(1, "ann", 1), ball(2, "bea", 0),
        )  # fmt: skip
        reader: Visitor = await visitor(f"/m/{chase}")
        page = reader.page
        for text in ("Rovers24/0", "Wanderers need 20 runs from 9 balls", "Target25", "Required13.33", "Run rate10.00"):
            await expect(board(page)).to_contain_text(
                re.compile(re.escape(text).replace("Rovers24/0", r"Rovers\D*2 ov\D*24/0"))
            )
        crease = board(page).locator("dl").first
        await expect(crease).to_contain_text(re.compile(r"Bea.*on strike.*0 \(1\).*Ann.*5 \(2\).*Zoe.*0/5 \(0\.3\)"))
        read = readings_of(page)
        await post(rest, chase, ball(3, "bea", 6))
        await expect(crease).to_contain_text(re.compile(r"Bea.*6 \(2\).*Ann.*5 \(2\).*Zoe.*0/11 \(0\.4\)"))
        await expect(board(page).get_by_role("list", name="This over").get_by_role("listitem")).to_have_count(4)
        assert read == []
        await page.get_by_role("tab", name="Overs").click()
        await expect(page.get_by_role("img", name=re.compile("Rovers 24 for 0 after 2 overs"))).to_be_visible()

        tennis = await create(rest, "tennis", competitors=[{**side, "type": "athlete"} for side in SIDES])
        games = [event(f"1{n:04d}", "point", ("red", "blue")[n // 4 % 2]) for n in range(48)]
        breaker = [event(f"2{n:04d}", "point", "red" if n < 7 else "blue") for n in range(7)]
        await post(rest, tennis, *games, *breaker, event("30000", "point", "blue", 2, detail={"serverId": "blue"}))
        other: Visitor = await visitor(f"/m/{tennis}?view=chart")
        top, bottom = (board(other.page).get_by_role("row", name=name) for name in ("Rovers", "Wanderers"))
        await expect(top).to_contain_text(re.compile(r"Rovers\s*7\s*0\s*0"))
        await expect(bottom).to_contain_text(re.compile(r"Wanderers\s*serves\s*6\s*tie-break\s*0\s*0\s*15"))
        chart = other.page.get_by_role("region", name="Game by game")
        await expect(chart.get_by_role("listitem").last).to_contain_text(re.compile(r"7-6.*Rovers.*tie-break"))
