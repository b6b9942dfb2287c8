"""Matches through the real doors: feeds write over REST, everybody follows on the socket."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from feeds.client import MatchClient, RealPacer, Refused, new_http
from feeds.files import read_file
from feeds.files.recording import FileMatch
from feeds.replay import load, play, replay, title
from kit.errors import InvalidPayload, Unauthorized
from kit.session import Role
from tests.harness import SHARED_DATA, eventually
from tests.live import PASSWORD, Account, Gateway

MATCH = {
    "sport": "football",
    "competition": {"id": "league", "name": "League"},
    "scheduledAt": "2026-11-21T18:30:00Z",
    "competitors": [
        {"id": "red", "name": "Reds", "abbreviation": "RED", "qualifier": "home"},
        {"id": "blue", "name": "Blues", "abbreviation": "BLU", "qualifier": "away"},
    ],
    "externalIds": {"espn": "1"},
}


def goal(event_id: str, side: str = "red", **more: Any) -> dict[str, Any]:
    return {
        "provider": "p", "eventId": event_id, "type": "goal", "period": 1, "orderKey": event_id,
        "occurredAt": "2026-11-21T18:40:00Z", "competitorId": side, **more,
    }  # fmt: skip


def http(gateway: Gateway, account: Account | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=gateway.url, headers=account.bearer if account else {}, timeout=30)


async def answers(gateway: Gateway, account: Account, count: int) -> Counter[int]:
    """How a gateway answers many requests that come one upon the other, by status."""
    url = httpx.URL(gateway.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    request = f"GET /api/me HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: {account.bearer['authorization']}\r\n\r\n"
    writer.write(request.encode() * count)
    found: Counter[int] = Counter()
    for _ in range(count):
        head = await reader.readuntil(b"\r\n\r\n")
        found[int(head[9:12])] += 1
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r")[0]))
    writer.close()
    return found


async def test_a_feed_may_send_more_than_others(gateway: Gateway) -> None:
    feed, owner = await gateway.account(Role.FEED), await gateway.account(Role.OWNER)
    assert await answers(gateway, feed, 1_400) == {200: 1_400}
    found: Counter[int] = Counter()
    for _ in range(10):  # a slow machine earns requests back while it sends them
        found.update(await answers(gateway, owner, 700))
        if 429 in found:
            break
    assert found.keys() == {200, 429}
    assert found[200] >= 1_200, "a minute's worth at once"


async def test_a_feed_writes_and_everybody_follows(gateway: Gateway, connect: Callable[..., Any]) -> None:
    feed = await gateway.account(Role.FEED)
    guest = await connect(gateway)
    async with http(gateway, feed) as rest:
        made = await rest.post("/api/matches", json=MATCH)
        assert made.status_code == 201, made.text
        match = made.json()
        assert match["scheduledAt"] == "2026-11-21T18:30:00.000Z"
        again = await rest.post("/api/matches", json=MATCH)
        assert (again.status_code, again.json()["id"]) == (200, match["id"])
        url = f"/api/matches/{match['id']}"

        snapshot = await guest.ok("match:join", {"matchId": match["id"]})
        assert (snapshot["seq"], snapshot["match"]["status"], snapshot["events"]) == (0, "scheduled", [])
        assert isinstance(snapshot["match"]["scheduledAt"], int)

        one = await rest.post(f"{url}/events", json=goal("a"))
        assert (one.status_code, one.json()["items"][0]["result"]) == (200, "applied")
        several = (await rest.post(f"{url}/events", json=[goal("a"), {"eventId": "x"}, goal("b", "blue")])).json()
        assert [item["result"] for item in several["items"]] == ["duplicate", "rejected", "applied"]
        heard = await guest.hears("match:event", lambda event: event["eventId"] == "b")
        assert heard["scoreAfter"] == {"red": "1", "blue": "1"}
        await guest.hears("match:updated", lambda match: match["seq"] == 2)

        changed = await rest.patch(f"{url}/events/b", json={"competitorId": "red", "reason": "a deflection"})
        assert (changed.status_code, changed.json()["competitorId"]) == (200, "red")
        change = await guest.hears("match:corrected")
        assert (change["from"], change["to"]) == ({"red": "1", "blue": "1"}, {"red": "2", "blue": "0"})
        gone = await rest.delete(f"{url}/events/b", params={"reason": "no goal", "provider": "p"})
        assert (gone.status_code, gone.json()["op"]) == (200, "delete")
        assert (await guest.hears("match:corrected", lambda c: c["reason"] == "no goal"))["to"]["red"] == "1"

        await guest.ok("match:leave", {"matchId": match["id"]})
        await rest.post(f"{url}/events", json=goal("c"))
        snapshot = (await rest.get(f"{url}/snapshot")).json()
        assert (snapshot["seq"], snapshot["match"]["competitors"][0]["scoreDisplay"]) == (5, "2")
        page = (await rest.get(f"{url}/events", params={"limit": 2})).json()
        assert [event["eventId"] for event in page["items"]] == ["c", "b"]
        rest_page = (await rest.get(f"{url}/events", params={"before": page["next"]})).json()
        assert [event["eventId"] for event in rest_page["items"]] == ["a"]
        players = [{"id": "p9", "role": "scorer", "name": "Ann"}, {"id": "p7", "role": "assist", "name": "Bea"}]
        await rest.post(f"{url}/events", json=[goal("d", players=players), goal("e", players=players[:1])])
    await guest.ok("heartbeat")
    assert not [event for event in guest.all("match:event") if event["eventId"] == "c"]
    await what_players_did_is_there(gateway, feed, url)


async def what_players_did_is_there(gateway: Gateway, feed: Account, url: str) -> None:
    """Ann scored `d` and `e`; the one after Bea's pass."""
    async with http(gateway) as rest:

        async def rows(**query: str) -> dict[str, dict[str, Any]]:
            answer = await rest.get(f"{url}/statistics", params=query)
            assert answer.status_code == 200, answer.text
            return {row["name"]: row["values"] for group in answer.json()["groups"] for row in group["rows"]}

        both = await rows()
        assert (both["Ann"]["goals"], both["Bea"]["assists"]) == (2, 1)
        assert (await rows(player="p7")).keys() == {"Bea"}
        assert await rows(player="nobody") == {}
        await rest.delete(f"{url}/events/e", params={"reason": "offside"}, headers=feed.bearer)
        assert (await rows())["Ann"]["goals"] == 1
        assert (await rest.get(f"{url}/statistics")).json()["seq"] == (await rest.get(url)).json()["seq"]
        assert (await rest.get("/api/matches/none/statistics")).status_code == 404
        assert (await rest.get(f"{url}/statistics", params={"player": "x" * 101})).status_code == 400


async def test_what_has_not_changed_is_not_sent_again(gateway: Gateway) -> None:
    feed = await gateway.account(Role.FEED)
    async with http(gateway, feed) as rest:
        url = f"/api/matches/{(await rest.post('/api/matches', json=MATCH)).json()['id']}"
        await rest.post(f"{url}/events", json=[goal(str(n)) for n in range(9)])

        async def unchanged(path: str, encoding: dict[str, str]) -> bool:
            first = await rest.get(path, headers=encoding)
            tag = first.headers["etag"]
            assert tag.startswith('"'), "strong"
            assert tag.endswith('-gzip"') == (first.headers.get("content-encoding") == "gzip")
            assert first.headers["cache-control"] == "no-cache"
            other = await rest.get(path, headers={**encoding, "if-none-match": '"1-0000000000000000"'})
            again = [
                await rest.get(path, headers={**encoding, "if-none-match": asked})
                for asked in (tag, f'W/{tag}, "x"', "*")
            ]
            return (other.status_code, other.json()) == (200, first.json()) and all(
                (one.status_code, one.content, one.headers["etag"]) == (304, b"", tag) for one in again
            )

        for path in (url, f"{url}/snapshot", f"{url}/events", "/api/matches"):
            for accepted in ("gzip", "identity"):
                encoding = {"accept-encoding": accepted}
                # The offset of a snapshot moves until the events before it have been handed out.
                await eventually(partial(unchanged, path, encoding))
            tag = (await rest.get(path, headers=encoding)).headers["etag"]
            await rest.patch(f"{url}/events/3", json={"reason": "x", "commentary": [{"text": path}]})
            changed = await rest.get(path, headers={**encoding, "if-none-match": tag})
            assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)


async def test_a_change_that_others_overtook_is_refused(gateway: Gateway) -> None:
    admin = await gateway.account(Role.ADMIN)
    async with http(gateway, admin) as rest:
        url = f"/api/matches/{(await rest.post('/api/matches', json=MATCH)).json()['id']}"
        await rest.post(f"{url}/events", json=goal("a"))
        tag = (await rest.get(url)).headers["etag"]
        assert (await rest.patch(url, json={"venue": "Park"}, headers={"if-match": tag})).json()["version"] == 2
        reason = {"reason": "x"}
        late = {"headers": {"if-match": tag}}
        weak = {"headers": {"if-match": "W/" + (await rest.get(url)).headers["etag"]}}
        for refused, status in (
            (await rest.patch(url, json={"venue": "Ring"}, **late), 412),
            (await rest.patch(url, json={"venue": "Ring"}, **weak), 412),
            (await rest.patch(url, json={"venue": "Ring", "version": 1}), 409),
            (await rest.patch(f"{url}/events/a", json=reason, **late), 412),
            (await rest.patch(f"{url}/events/a", json={**reason, "version": 1}), 409),
            (await rest.delete(f"{url}/events/a", params=reason, **late), 412),
            (await rest.delete(url, params={"force": True}, **late), 412),
        ):
            assert refused.status_code == status, refused.text
            assert refused.headers["content-type"] == "application/problem+json"
            problem = refused.json()
            assert (problem["status"], problem["code"], problem["version"]) == (status, "conflict", 2)
        assert (await rest.patch(url, json={"venue": "Ring", "version": 2})).status_code == 200
        fresh = (await rest.get(url)).headers["etag"]
        assert (await rest.patch(url, json={"version": 3}, headers={"if-match": fresh})).status_code == 200
        assert (await rest.patch(url, json={"venue": "Any"}, headers={"if-match": "*"})).json()["version"] == 5
        conflict = await rest.delete(url)
        assert (conflict.status_code, conflict.json()["code"]) == (409, "conflict")
        assert (await rest.delete(url, params={"force": True})).status_code == 204
        assert (await rest.get(url)).status_code == 404


@pytest.mark.parametrize("name", ["a/b", "a//b/", "/", "..", "%2F", "a b?c#d&e=f", "é+ü", "x:y"])
async def test_any_event_id_can_be_corrected(gateway: Gateway, name: str) -> None:
    feed = await gateway.account(Role.FEED)
    async with http(gateway, feed) as rest:
        url = f"/api/matches/{(await rest.post('/api/matches', json=MATCH)).json()['id']}/events"
        assert (await rest.post(url, json=goal(name))).json()["items"][0]["result"] == "applied"
        changed = await rest.patch(url, params={"eventId": name}, json={"competitorId": "blue", "reason": "x"})
        assert (changed.status_code, changed.json()["eventId"]) == (200, name), changed.text
        gone = await rest.delete(url, params={"eventId": name, "reason": "x", "provider": "p"})
        assert (gone.status_code, gone.json()["op"]) == (200, "delete"), gone.text
        if "/" not in name and name != "..":
            by_path = await rest.patch(f"{url}/{quote(name, safe='')}", json={"reason": "y"})
            assert (by_path.status_code, by_path.json()["eventId"]) == (200, name), by_path.text


async def test_the_list_has_the_same_filters_at_both_doors(gateway: Gateway, connect: Callable[..., Any]) -> None:
    feed = await gateway.account(Role.FEED)
    guest = await connect(gateway)
    async with http(gateway, feed) as rest:
        ids = []
        for n in range(4):
            body = {**MATCH, "externalIds": {"espn": str(n)}, "scheduledAt": f"2026-11-2{n}T18:30:00Z"}
            ids.append((await rest.post("/api/matches", json=body)).json()["id"])
        await rest.post(f"/api/matches/{ids[2]}/events", json=goal("a"))
        await rest.patch(f"/api/matches/{ids[1]}", json={"status": "postponed", "venue": "Estádio"})
        for query, expected in (
            ({}, [2, 0, 3, 1]),
            ({"order": "latest"}, [3, 2, 1, 0]),
            ({"status": ["live", "postponed"]}, [2, 1]),
            ({"date": "2026-11-21"}, [1]),
            ({"from": "2026-11-21T18:30:00Z", "to": "2026-11-23T18:30:00Z", "order": "soonest"}, [1, 2]),
            ({"text": "estad", "sport": "football", "competition": "league"}, [1]),
        ):
            answer = await rest.get("/api/matches", params=query)
            assert answer.status_code == 200, answer.text
            assert [match["id"] for match in answer.json()["items"]] == [ids[n] for n in expected], query
            assert [match["id"] for match in (await guest.ok("match:list", query))["items"]] == [
                ids[n] for n in expected
            ]
        first = (await rest.get("/api/matches", params={"limit": 3})).json()
        rest_of = (await rest.get("/api/matches", params={"limit": 3, "before": first["next"]})).json()
        assert ([match["id"] for match in rest_of["items"]], rest_of.get("next")) == ([ids[1]], None)
        for query in ({"date": "2026-02-30"}, {"before": "x"}, {"order": "x"}, {"status": "x"}, {"from": "x"}):
            answer = await rest.get("/api/matches", params=query)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_payload"), query
            await guest.refused("match:list", {**query, **({"status": ["x"]} if "status" in query else {})},
                                "invalid_payload")  # fmt: skip


async def test_who_follows_a_deleted_match_is_told(gateway: Gateway, connect: Callable[..., Any]) -> None:
    admin, feed = await gateway.account(Role.ADMIN), await gateway.account(Role.FEED)
    guest = await connect(gateway)
    async with http(gateway, feed) as rest, http(gateway, admin) as boss:
        match_id = (await rest.post("/api/matches", json=MATCH)).json()["id"]
        await guest.ok("match:join", {"matchId": match_id})
        assert (await rest.delete(f"/api/matches/{match_id}")).status_code == 403
        assert (await boss.delete(f"/api/matches/{match_id}")).status_code == 204
    assert (await guest.hears("match:deleted"))["matchId"] == match_id
    await guest.refused("match:join", {"matchId": match_id}, "not_found")


async def test_others_do_not_write(gateway: Gateway) -> None:
    admin = await gateway.account(Role.ADMIN)
    async with http(gateway, admin) as rest:
        match = (await rest.post("/api/matches", json=MATCH)).json()
    url = f"/api/matches/{match['id']}"
    callers = [(None, 401), (await gateway.account(Role.LISTENER), 403), (await gateway.account(Role.OWNER), 403)]
    for account, status in callers:
        async with http(gateway, account) as rest:
            answers = [
                await rest.post("/api/matches", json=MATCH),
                await rest.post(f"{url}/events", json=goal("a")),
                await rest.patch(f"{url}/events/a", json={"reason": "x"}),
                await rest.delete(f"{url}/events/a", params={"reason": "x"}),
                await rest.patch(url, json={"venue": "x"}),
                await rest.delete(url, params={"force": True}),
            ]
            assert [answer.status_code for answer in answers] == [status] * 6
            assert (await rest.get(url)).json()["seq"] == 0


async def test_bad_requests_get_clear_answers(gateway: Gateway, connect: Callable[..., Any]) -> None:
    feed = await gateway.account(Role.FEED)
    guest = await connect(gateway)
    async with http(gateway, feed) as rest:
        match = (await rest.post("/api/matches", json=MATCH)).json()
        url = f"/api/matches/{match['id']}"
        wrong = [
            await rest.post("/api/matches", json={**MATCH, "sport": "quidditch"}),
            await rest.post("/api/matches", json={**MATCH, "competitors": MATCH["competitors"][:1]}),
            await rest.post("/api/matches", json={**MATCH, "colour": "red"}),
            await rest.post(f"{url}/events", json="text"),
            await rest.post(f"{url}/events", json=[1, 2]),
            await rest.post(f"{url}/events", json=[goal(str(n)) for n in range(501)]),
            await rest.patch(f"{url}/events/a", json={}),
            await rest.delete(f"{url}/events/a"),
            await rest.get("/api/matches", params={"sport": "quidditch"}),
            await rest.get("/api/matches", params={"limit": 1000}),
            await rest.get(f"{url}/events", params={"before": "nonsense"}),
        ]
        assert [answer.status_code for answer in wrong] == [400] * len(wrong)
        assert {answer.json()["code"] for answer in wrong} == {"invalid_payload"}
        missing = [
            await rest.get("/api/matches/nothing"),
            await rest.get("/api/matches/nothing/events"),
            await rest.get("/api/matches/nothing/snapshot"),
            await rest.post("/api/matches/nothing/events", json=goal("a")),
            await rest.delete(f"{url}/events/zzz", params={"reason": "x"}),
        ]
        assert [answer.status_code for answer in missing] == [404] * len(missing)
        assert (await rest.get(url)).json()["seq"] == 0
    await guest.refused("match:join", {"matchId": "nothing"}, "not_found")
    await guest.refused("match:join", {}, "invalid_payload")
    await guest.refused("match:list", {"limit": 0}, "invalid_payload")
    assert [m["id"] for m in (await guest.ok("match:list", {"sport": "football"}))["items"]] == [match["id"]]
    assert (await guest.ok("match:list", {"status": ["live"]}))["items"] == []


@pytest.fixture
def data(tmp_path: Path) -> Callable[[str], Path]:
    def find(pattern: str) -> Path:
        found = sorted(SHARED_DATA.glob(pattern))
        if not found:
            pytest.skip(f"no real match data: {SHARED_DATA}/{pattern}")
        return Path(shutil.copy(found[0], tmp_path))

    return find


@pytest.mark.parametrize(
    ("pattern", "index", "score", "outcome"),
    [
        ("cricket/cricsheet_1144530*", None, ["241 (15/0)", "241/8 (15/1)"],
         "Match tied (England won the Super Over on boundary count)"),
        ("football/wyscout_2058017*", None, ["4", "2"], "France beat Croatia 4-2"),
        ("football/openfootball_worldcup_2022*", 63, ["3 (4)", "3 (2)"],
         "Argentina beat France 4-2 on penalties after a 3-3 draw"),
        ("basketball/lakers_2008-12-25*", None, ["92", "83"], "Los Angeles Lakers beat Boston Celtics 92-83"),
    ],
)  # fmt: skip
async def test_a_real_match_is_replayed_beside_a_channel(
    gateway: Gateway,
    connect: Callable[..., Any],
    data: Callable[[str], Path],
    pattern: str,
    index: int | None,
    score: list[str],
    outcome: str,
) -> None:
    admin = await gateway.account(Role.ADMIN)
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    show = {"channelId": channel["id"], "showTitle": "Live", "hostName": "Sam", "showType": "sports"}
    await (await connect(gateway, owner)).ok("stream:start", show)
    guest = await connect(gateway)
    await guest.ok("stream:join", {"channelId": channel["id"]})
    said: list[str] = []
    file = data(pattern)

    async def once() -> Any:
        return await replay(
            file, server=gateway.url, email=admin.email, password=PASSWORD, speed=0, channel="radio",
            match_index=index, echo=said.append,
        )  # fmt: skip

    final = await once()
    assert [side.score_display for side in final.competitors] == score
    assert (final.outcome.text, final.status) == (outcome, "ended")
    assert outcome in said[-1]
    linked = await guest.hears("stream:match")
    assert linked["match"]["id"] == final.id
    shown = await guest.ok("stream:join", {"channelId": channel["id"]})
    assert [side["scoreDisplay"] for side in shown["match"]["competitors"]] == score
    # Finished, it starts again as another match.
    assert (await once()).id != final.id


OTHERS = {
    "cricket/cricsheet_1144530*": ["241 (15/0)", "241/8 (15/1)"], "cricket/cricsheet_1278673*": ["184/7", "111"],
    "football/wyscout_2058003*": ["4", "3"], "football/wyscout_2058017*": ["4", "2"],
    "basketball/lakers_2008-10-28*": ["96", "76"], "basketball/lakers_2008-12-25*": ["92", "83"],
}  # fmt: skip
"""Files of one match, and its score."""


async def test_every_match_of_every_file_comes_to_its_score(gateway: Gateway, data: Callable[[str], Path]) -> None:
    feed = await gateway.account(Role.FEED)
    played: list[tuple[FileMatch, list[str]]] = []
    for pattern, score in OTHERS.items():
        (match,) = read_file(load(data(pattern)))
        played.append((match, score))
    for year in (2018, 2022, 2026):
        raw: Any = load(data(f"football/openfootball_worldcup_{year}*"))
        for match, stated in zip(read_file(raw), [one["score"] for one in raw["matches"]], strict=True):
            goals, kicks = stated.get("et", stated["ft"]), stated.get("p")
            shown = [f"{n} ({kicks[side]})" if kicks else str(n) for side, n in enumerate(goals)]
            played.append((match, shown))
    assert len(played) == len(OTHERS) + 64 + 64 + 104
    async with new_http(gateway.url) as connection:
        client = MatchClient(connection, RealPacer())
        await client.log_in(feed.email, PASSWORD)
        gate = asyncio.Semaphore(4)

        async def one(match: FileMatch, score: list[str]) -> None:
            async with gate:
                final = await play(
                    client, match, speed=0, channel=None, echo=lambda _: None, pacer=RealPacer(),
                )  # fmt: skip
            assert [side.score_display for side in final.competitors] == score, title(match)
            assert (final.status, final.seq) == ("ended", len(match.ops))
            level = len(set(score)) == 1 and "(" not in score[0]
            assert final.outcome is not None
            assert (final.outcome.winner_id is None) == level, title(match)

        await asyncio.gather(*(one(match, score) for match, score in played))


async def test_an_interrupted_replay_is_taken_up_again(gateway: Gateway, data: Callable[[str], Path]) -> None:
    feed = await gateway.account(Role.FEED)
    file = data("cricket/cricsheet_1278673*")
    seen: list[str] = []

    class Enough(Exception):
        pass

    def stop_soon(line: str) -> None:
        seen.append(line)
        if len(seen) > 1:
            raise Enough

    options: dict[str, Any] = {"server": gateway.url, "email": feed.email, "password": PASSWORD, "speed": 0}
    with pytest.raises(Enough):
        await replay(file, echo=stop_soon, **options)
    final = await replay(file, echo=lambda _: None, **options)
    assert final.id in seen[0]
    assert [side.score_display for side in final.competitors] == ["184/7", "111"]
    assert final.seq == 237


async def test_a_replay_says_what_is_wrong(gateway: Gateway, data: Callable[[str], Path], tmp_path: Path) -> None:
    listener = await gateway.account(Role.LISTENER)
    options: dict[str, Any] = {"server": gateway.url, "password": PASSWORD, "speed": 0, "echo": lambda _: None}
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for path in (broken, tmp_path / "absent.json"):
        with pytest.raises(InvalidPayload, match=path.name):
            await replay(path, email=listener.email, **options)
    season = data("football/openfootball_worldcup_2018*")
    with pytest.raises(InvalidPayload, match="63 France v Croatia, World Cup"):
        await replay(season, email=listener.email, **options)
    with pytest.raises(Refused, match="role"):
        await replay(season, email=listener.email, match_index=0, **options)
    with pytest.raises(Unauthorized):
        await replay(season, match_index=0, email="nobody@example.org", **options)


async def test_a_replay_outlives_a_restart_of_the_server(
    gateway: Gateway, data: Callable[[str], Path], connect: Callable[..., Any]
) -> None:
    feed = await gateway.account(Role.FEED)
    file = data("basketball/lakers_2008-10-28*")
    lines: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(
        replay(file, server=gateway.url, email=feed.email, password=PASSWORD, speed=2000, echo=lines.put_nowait)
    )
    while not (await lines.get()).startswith("1"):
        pass
    gateway.kill()
    gateway.start()
    final = await task
    assert [side.score_display for side in final.competitors] == ["96", "76"]
    assert final.seq == 425
    guest = await connect(gateway)
    assert (await guest.ok("match:join", {"matchId": final.id}))["seq"] == 425
