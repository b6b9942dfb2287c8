"""Match feeds of a running gateway: admins configure them, a stand-in of the provider behaves well and badly."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import eventually
from tests.integration.matches.test_matches import MATCH, goal, http
from tests.live import Gateway
from tests.support.feed_fixtures import espn_key_event, espn_sides, espn_status, espn_summary, tsdb_event
from tests.support.standin import Asked, Reply, StandIn, ok

FEEDS = "/api/admin/feeds"
ALERTS = "/api/admin/score-alerts"
SUMMARY = "/soccer/eng.1/summary"
KEY = "k3y-of-the-provider"
SETTINGS = {"FEED_KEY": KEY, "FEED_KEY_HOSTS": "127.0.0.1"}
LIVE = espn_status("STATUS_FIRST_HALF", "in", 1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for the tests with one worker; each takes its feeds away again."""
    gateway = Gateway(tmp_path_factory.mktemp("served"), environment=SETTINGS)
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture
async def provider() -> AsyncIterator[StandIn]:
    async with StandIn().serving() as standin:
        yield standin


def espn_goals(*ids: str, score: int | None = None) -> Reply:
    events = [espn_key_event(event_id, "goal", 1, 60 * int(event_id)) for event_id in ids]
    sides = espn_sides(str(len(ids) if score is None else score), "0")
    return ok(espn_summary(LIVE, sides, keyEvents=events))


async def new_match(rest: httpx.AsyncClient, external: str) -> str:
    made = await rest.post("/api/matches", json={**MATCH, "externalIds": {"espn": external}})
    return str(made.json()["id"])


def espn(match_id: str, provider: StandIn, **more: Any) -> dict[str, Any]:
    return {
        "matchId": match_id, "provider": "espn", "baseUrl": provider.url, "intervalS": 1,
        "options": {"league": "eng.1"}, **more,
    }  # fmt: skip


PAGE = {"home": ".home", "away": ".away", "status": ".state", "statuses": "HT = break 1; FT = ended"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"options": {}}, "missing: league"),
    ({"options": {"league": "eng.1", "colour": "red"}}, "knows the options league"),
    ({"options": {"league": "../x"}}, "options"),
    ({"provider": "bbc"}, "provider"),
    ({"provider": "sportradar", "externalId": "7", "options": {}}, "apiKeyEnv"),
    ({"apiKeyEnv": "PATH"}, "apiKeyEnv"),
    ({"externalId": "../../x"}, "externalId"),
    ({"intervalS": 0.1}, "intervalS"),
    ({"surprise": 1}, "surprise"),
    ({"provider": "thesportsdb", "apiKeyEnv": "FEED_KEY", "options": {}}, "external id"),
    ({"baseUrl": "ftp://provider.example"}, "https://"),
    ({"baseUrl": "https://user:pass@provider.example"}, "credentials"),
    ({"baseUrl": "https://provider.example/?key=1"}, "query"),
    ({"baseUrl": "https://169.254.169.254/latest"}, "private"),
    ({"baseUrl": "https://[fe80::1]"}, "private"),
    ({"baseUrl": "https://[::ffff:169.254.169.254]"}, "private"),
    ({"baseUrl": "https://2852039166"}, "number"),
    ({"baseUrl": "https://0xa9fea9fe."}, "number"),
    ({"redirectHosts": ["169.254.169.254"]}, "Redirect hosts"),
    ({"redirectHosts": ["a b"]}, "redirectHosts"),
    ({"provider": "page", "options": {}}, "missing: away, home, status, statuses"),
    ({"provider": "page", "options": PAGE, "baseUrl": None}, "baseUrl"),
    ({"provider": "page", "options": PAGE, "intervalS": 29}, "intervalS: page is asked every 30 s at the most"),
    ({"provider": "page", "options": {**PAGE, "home": "a["}}, "home: 'a['"),
    ({"provider": "page", "options": {**PAGE, "homePattern": "(a+)+"}}, "homePattern"),
    ({"provider": "page", "options": {**PAGE, "home": "b\n"}}, "options"),
]


async def test_admins_alone_configure_feeds(served: Gateway, provider: StandIn) -> None:
    said: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        said.append((await answer.aread()).decode())

    async with http(served, await served.account(Role.ADMIN, "Ava Admin")) as rest:
        rest.event_hooks["response"].append(keep)
        matches = [await new_match(rest, str(number)) for number in range(3)]
        new = espn(matches[0], provider, enabled=False)
        routes = [
            ("GET", FEEDS, None), ("POST", FEEDS, new), ("GET", f"{FEEDS}/x", None),
            ("PUT", f"{FEEDS}/x", {"provider": "espn", "options": {"league": "eng.1"}}),
            ("DELETE", f"{FEEDS}/x", None), ("GET", f"{FEEDS}/x/raw", None), ("GET", ALERTS, None),
        ]  # fmt: skip
        for role, status in ((None, 401), (Role.LISTENER, 403), (Role.OWNER, 403), (Role.FEED, 403)):
            async with http(served, await served.account(role) if role else None) as other:
                for method, path, body in routes:
                    assert (await other.request(method, path, json=body)).status_code == status, (role, method, path)

        for change, words in WRONG:
            refused = await rest.post(FEEDS, json={**new, **change})
            assert refused.status_code == 400, (change, refused.text)
            assert words in refused.json()["detail"] + json.dumps(refused.json().get("errors")), refused.text
        assert (await rest.post(FEEDS, json={**new, "matchId": "none"})).status_code == 404
        for method, path, body in routes[2:6]:
            assert (await rest.request(method, path, json=body)).status_code == 404, (method, path)
        assert (await rest.get(FEEDS)).json() == {"items": []}
        for query in ({"limit": 0}, {"limit": 101}, {"health": "fine"}, {"before": "a/b"}):
            assert (await rest.get(FEEDS, params=query)).status_code == 400, query

        provider.scripts["/api/v1/json/" + KEY + "/lookupevent.php"] = [
            ok({"events": [tsdb_event("1H", "1", "0")], "youSent": KEY})
        ]
        keyed = {
            "matchId": matches[1], "provider": "thesportsdb", "externalId": "77", "baseUrl": provider.url,
            "intervalS": 1, "apiKeyEnv": "FEED_KEY",
        }  # fmt: skip
        unset = {**keyed, "matchId": matches[2], "apiKeyEnv": "FEED_NONE"}
        feeds = []
        for body in (new, keyed, unset):
            made = await rest.post(FEEDS, json=body)
            assert made.status_code == 201, made.text
            feeds.append(made.json())
        one, two, three = (feed["id"] for feed in feeds)
        assert feeds[0]["externalId"] == "0", "the match's own"
        assert feeds[0]["match"]["competitors"][0]["name"] == "Reds"
        assert (feeds[1]["origin"], feeds[1]["coverage"], feeds[1]["apiKeyEnv"]) == ("rest", "score", "FEED_KEY")
        assert (await rest.post(FEEDS, json=keyed)).status_code == 409

        async def ids(**query: Any) -> list[str]:
            return [feed["id"] for feed in (await rest.get(FEEDS, params=query)).json()["items"]]

        async def state(feed: str) -> Any:
            return (await rest.get(f"{FEEDS}/{feed}")).json()["state"]

        page = (await rest.get(FEEDS, params={"limit": 2})).json()
        assert [feed["id"] for feed in page["items"]] == [three, two]
        assert await ids(before=page["next"]) == [one]
        assert await ids(matchId=matches[1]) == [two]
        await eventually(lambda: provider.asked)
        await eventually(lambda: _holds(ids(health="trouble"), [three]))
        assert "FEED_NONE is not set" in (await state(three))["lastError"]
        assert await ids(health="disabled") == [one]
        await eventually(lambda: _holds(ids(health="well"), [two]))
        overview = (await rest.get("/api/admin/overview")).json()
        assert overview["matchFeeds"] == {"well": 1, "trouble": 1, "disabled": 1, "scoreAlerts": 0}
        raw = (await rest.get(f"{FEEDS}/{two}/raw")).json()["items"][-1]
        assert json.loads(raw["body"])["youSent"] == "[key]"
        assert raw["kind"] == "snapshot"

        # Disabled and enabled; the match does not say that it is fed by what is off.
        configuration = {name: value for name, value in keyed.items() if name != "matchId"}
        await eventually(lambda: _holds(rest.get(f"/api/matches/{matches[1]}"), "thesportsdb", source))
        off = await rest.put(f"{FEEDS}/{two}", json={**configuration, "enabled": False})
        assert (off.status_code, off.json()["enabled"]) == (200, False)
        assert "feed" not in (await rest.get(f"/api/matches/{matches[1]}")).json()
        assert (await rest.put(f"{FEEDS}/{two}", json={**configuration, "intervalS": 2})).json()["enabled"]
        assert (await rest.put(f"{FEEDS}/{two}", json={**configuration, "intervalS": 2})).status_code == 200
        changed_provider = {"provider": "espn", "options": {"league": "eng.1"}}
        assert (await rest.put(f"{FEEDS}/{two}", json=changed_provider)).status_code == 409
        assert (
            await rest.put(f"{FEEDS}/{two}", json={**configuration, "baseUrl": "https://169.254.1.1"})
        ).status_code == 400
        gone = await rest.delete(f"{FEEDS}/{two}", params={"reason": "The contract ended."})
        assert gone.status_code == 204
        assert (await rest.get(f"{FEEDS}/{two}")).status_code == 404
        audit = (await rest.get("/api/admin/audit", params={"limit": 6})).json()["items"]
        assert [(entry["action"], entry.get("reason")) for entry in audit] == [
            ("feed.delete", "The contract ended."), ("feed.enable", "changed: intervalS"), ("feed.disable", None),
            ("feed.add", None), ("feed.add", None), ("feed.add", None),
        ]  # fmt: skip
        assert (audit[0]["actorName"], audit[0]["target"]) == ("Ava Admin", "thesportsdb:77 (RED v BLU)")
        for feed in (one, three):
            await rest.delete(f"{FEEDS}/{feed}")
    assert KEY not in "".join(said)
    assert KEY not in (served.directory / "server.log").read_text()


async def test_scores_that_differ_are_told_while_they_do(served: Gateway, provider: StandIn) -> None:
    provider.scripts[SUMMARY] = lambda asked: espn_goals("1", score=2 if "event=s0" in asked.query else 1)
    async with http(served, await served.account(Role.ADMIN)) as rest:

        async def alerts(**query: Any) -> Any:
            return (await rest.get(ALERTS, params=query)).json()["items"]

        matches = [await new_match(rest, f"s{number}") for number in range(3)]
        feed = (await rest.post(FEEDS, json=espn(matches[0], provider))).json()["id"]
        other = (await rest.post(FEEDS, json=espn(matches[1], provider))).json()["id"]
        await eventually(lambda: _holds(alerts(), 1, len))
        (fed,) = await alerts()
        assert (fed["match"]["id"], fed["provider"], fed["feedId"]) == (matches[0], "espn", feed)
        assert (fed["stated"], fed["folded"]) == ({"red": 2, "blue": 0}, {"red": 1, "blue": 0})
        assert (await rest.get(f"{FEEDS}/{feed}")).json()["state"]["differs"] is True

        # What comes with an event, as a feed over REST or Kafka sends it.
        events = f"/api/matches/{matches[2]}/events"
        await rest.post(events, json=goal("a", stated={"red": 3, "blue": 0}))
        told, _ = await alerts()
        assert (told["match"]["id"], told["eventId"], told["folded"]) == (matches[2], "a", {"red": 1, "blue": 0})
        assert "feedId" not in told
        page = (await rest.get(ALERTS, params={"limit": 1})).json()
        assert page["items"] == [told]
        assert await alerts(before=page["next"]) == [fed]
        assert (await rest.get("/api/admin/overview")).json()["matchFeeds"]["scoreAlerts"] == 2

        await rest.post(events, json=goal("b", stated={"red": 4, "blue": 0}))
        still = (await alerts())[0]
        assert (still["stated"]["red"], still["folded"]["red"], still["openedAt"]) == (4, 2, told["openedAt"])
        await rest.post(events, json=goal("c", stated={"red": 3, "blue": 0}))
        assert await alerts() == [fed], "they agree again"

        # The provider was wrong, and a correction by hand makes the events agree with what it says now.
        await rest.patch(f"/api/matches/{matches[0]}/events/1", json={"competitorId": "blue", "reason": "own goal"})
        now = {"red": 0, "blue": 1}
        await eventually(lambda: _holds(alerts(), now, lambda found: found[0]["folded"]))
        assert (await alerts())[0]["openedAt"] == fed["openedAt"]
        provider.scripts[SUMMARY] = [ok(espn_summary(LIVE, espn_sides("0", "1"), keyEvents=[
            espn_key_event("1", "goal", 1, 60, "9002"),
        ]))]  # fmt: skip
        await eventually(lambda: _holds(alerts(), []))
        for one in (feed, other):
            await rest.delete(f"{FEEDS}/{one}")


async def test_one_worker_asks_and_another_takes_over(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any], provider: StandIn, tmp_path: Path
) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text("")
    gateway = gateway_factory(workers=2, environment={**SETTINGS, "TOUCHLINE_FEEDS_FILE": str(file)})
    askers: list[int] = []
    answers: dict[str, list[Reply]] = {}

    def answer(asked: Asked) -> Reply:
        askers.append(worker_of(asked.port, gateway.workers_pids()))
        script = answers[asked.query.partition("event=")[2]]
        return script.pop(0) if len(script) > 1 else script[0]

    whole = espn_goals("1", "2")
    async with http(gateway, await gateway.account(Role.ADMIN)) as rest, StandIn().serving() as other:
        steady, silent = await new_match(rest, "1"), await new_match(rest, "2")
        provider.scripts[SUMMARY] = other.scripts[SUMMARY] = answer
        answers["1"] = [
            espn_goals("1"), espn_goals("2", "1"), Reply(whole.body[:-20]), whole, Reply(status=500), whole,
            Reply(status=429, headers={"Retry-After": "1"}), whole, espn_goals("1"),
        ]  # fmt: skip
        answers["2"] = [espn_goals("1"), Reply(stall=True)]
        listener = await connect(gateway)
        for match in (steady, silent):
            await listener.ok("match:join", {"matchId": match})
        file.write_text(
            f'[[feed]]\nmatch = "espn:2"\nprovider = "espn"\nbaseUrl = "{other.url}"\nintervalS = 1\n'
            'options = { league = "eng.1" }\n'
        )
        made = await rest.post(FEEDS, json=espn(steady, provider))
        assert made.status_code == 201

        def says(match: str, *, stale: bool) -> Callable[[Any], bool]:
            return lambda told: told["id"] == match and told.get("feed", {}).get("stale") is stale

        await listener.hears("match:updated", says(silent, stale=False))
        (from_file,) = [feed for feed in (await rest.get(FEEDS)).json()["items"] if feed["origin"] == "file"]
        path = f"{FEEDS}/{from_file['id']}"
        for refused in (await rest.delete(path), await rest.put(path, json={"provider": "espn"})):
            assert refused.status_code == 409
            assert "feeds file" in refused.json()["detail"]

        # Disorder, repetitions and broken answers do no harm; what is withdrawn is told as a correction.
        corrected = await listener.hears("match:corrected")
        assert (corrected["from"]["red"], corrected["to"]["red"]) == ("2", "1")
        events = [event for event in listener.all("match:event") if event["matchId"] == steady]
        assert sorted(event["seq"] for event in events) == list(range(1, len(events) + 1)), "each once"
        assert [(e["eventId"], e["op"]) for e in events if e["type"] == "goal"] == [
            ("1", "add"), ("2", "add"), ("2", "delete"),
        ]  # fmt: skip
        (leader,) = set(askers)

        os.kill(leader, signal.SIGKILL)
        answers["1"], answers["2"] = [espn_goals("1", "3")], [Reply(status=500)]
        await eventually(lambda: askers[-1] != leader)
        (successor,) = set(askers) - {leader}
        taken_over = len(askers)
        late = await connect(gateway)
        await late.ok("match:join", {"matchId": steady})
        await eventually(lambda: _holds(rest.get(f"/api/matches/{steady}"), "2", reds))
        known = await late.ok("match:join", {"matchId": silent})
        if not known["match"]["feed"]["stale"]:
            await late.hears("match:updated", says(silent, stale=True))
        assert (await rest.get(path)).json()["state"]["stale"] is True
        answers["2"] = [espn_goals("1", "2")]
        back = await late.hears("match:updated", says(silent, stale=False))
        assert back["feed"]["provider"] == "espn"
        await eventually(lambda: _holds(rest.get(f"/api/matches/{silent}"), "2", reds))
        assert set(askers[taken_over:]) == {successor}, "one asks, the other does not"

        file.write_text("# none\n")
        await eventually(lambda: _holds(rest.get(path), 404, lambda answer: answer.status_code))
        await late.hears("match:updated", lambda told: told["id"] == silent and "feed" not in told)


def reds(answer: httpx.Response) -> str:
    """The score of the first side."""
    return str(answer.json()["competitors"][0]["scoreDisplay"])


def source(answer: httpx.Response) -> str | None:
    """Where a match's score comes from."""
    feed = answer.json().get("feed")
    return str(feed["provider"]) if feed else None


async def _holds(question: Awaitable[Any], expected: object, read: Callable[[Any], Any] = lambda found: found) -> bool:
    return bool(read(await question) == expected)


def worker_of(port: int, workers: list[int]) -> int:
    """The process that holds the asking end of a connection to this process."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    inode = next(f[9] for f in map(str.split, lines) if int(f[1].partition(":")[2], 16) == port and f[3] == "01")
    for pid in workers:
        with contextlib.suppress(OSError):
            if any(link.readlink().name == f"socket:[{inode}]" for link in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
    raise AssertionError("nobody asks")
