"""Who may score which match, through the real doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from kit.session import Role
from tests.integration.matches.test_matches import MATCH, goal, http
from tests.live import Gateway

OWN = {name: value for name, value in MATCH.items() if name != "externalIds"}


def entry(event_id: str, side: str = "red", **more: Any) -> dict[str, Any]:
    return goal(event_id, side, provider="hand", **more)


def results(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["result"] for item in answer.json()["items"]]


async def test_an_owner_scores_a_match_of_his_own(gateway: Gateway, connect: Callable[..., Any]) -> None:
    owner = await gateway.account(Role.OWNER)
    guest = await connect(gateway)
    async with http(gateway, owner) as rest, http(gateway) as nobody:
        made = await rest.post("/api/matches", json={**OWN, "config": {"half_minutes": 30}})
        assert made.status_code == 400, "a field's name on the wire is camelCase"
        made = await rest.post("/api/matches", json={**OWN, "config": {"halfMinutes": 30}})
        assert made.status_code == 201, made.text
        match = made.json()
        assert owner.id not in made.text, "who made it is nobody's business"
        url = f"/api/matches/{match['id']}"
        setup = (await rest.get(f"{url}/setup")).json()
        assert setup == {"matchId": match["id"], "config": {"halfMinutes": 30}, "mine": True, "mayScore": True}
        shown = (await nobody.get(f"{url}/setup")).json()
        assert (shown["mine"], shown["mayScore"]) == (False, False)
        await guest.ok("match:join", {"matchId": match["id"]})

        lineups = {"red": [{"id": "p9", "name": "Ann", "number": 9, "starter": True}]}
        edited = await rest.patch(url, json={"venue": "Park", "lineups": lineups, "scheduledAt": 1_795_000_000_000})
        assert (edited.status_code, edited.json()["competitors"][0]["lineup"][0]["name"]) == (200, "Ann")
        assert (await rest.patch(url, json={"status": "delayed"})).json()["status"] == "delayed"
        # As a page that lost the answer sends it: what was stored stays one.
        assert results(await rest.post(f"{url}/events", json=[entry("a"), entry("b", "blue")])) == ["applied"] * 2
        assert results(await rest.post(f"{url}/events", json=[entry("b", "blue"), entry("c")])) == [
            "duplicate", "applied",
        ]  # fmt: skip
        tag = (await rest.get(url)).headers["etag"]
        changed = await rest.patch(f"{url}/events/b", json={"reason": "own goal", "detail": {"ownGoal": True}})
        assert (changed.status_code, changed.json()["detail"]) == (200, {"ownGoal": True})
        overtaken = await rest.delete(f"{url}/events/c", params={"reason": "x"}, headers={"if-match": tag})
        assert (overtaken.status_code, overtaken.json()["code"]) == (412, "conflict")
        gone = await rest.delete(f"{url}/events/c", params={"reason": "Entered by mistake"})
        assert (gone.status_code, gone.json()["op"]) == (200, "delete")
        heard = await guest.hears("match:corrected")
        assert (heard["from"]["red"], heard["to"]["red"], heard["reason"]) == ("2", "1", "Entered by mistake")
        # Sent once more by a slow network, what was withdrawn does not come back.
        assert results(await rest.post(f"{url}/events", json=entry("c"))) == ["duplicate"]

        wrong = [
            goal("x"),
            entry("y", revision=1),
            entry("z", op="delete"),
            {**entry("w"), "revision": 2**30},
        ]
        answer = await rest.post(f"{url}/events", json=[*wrong, entry("d")])
        assert results(answer) == ["rejected"] * 4 + ["applied"]
        assert "`hand`" in answer.json()["items"][0]["error"]
        many = await rest.post(f"{url}/events", json=[entry(str(n)) for n in range(51)])
        assert (many.status_code, many.json()["code"]) == (400, "invalid_payload")

        assert (await rest.delete(url)).status_code == 409
        assert (await rest.delete(url, params={"force": True})).status_code == 204
    assert (await guest.hears("match:deleted"))["matchId"] == match["id"]


async def test_what_is_not_ones_own_stays_closed(gateway: Gateway) -> None:
    olga, otto = await gateway.account(Role.OWNER), await gateway.account(Role.OWNER)
    feed, fan = await gateway.account(Role.FEED), await gateway.account(Role.LISTENER)
    async with http(gateway, olga) as mine, http(gateway, otto) as rest, http(gateway, feed) as feeding:
        own = (await mine.post("/api/matches", json=OWN)).json()["id"]
        fed = (await feeding.post("/api/matches", json=MATCH)).json()["id"]
        # A feed finds its match by its external id: an owner must not take that from it, nor get at its match so.
        for refused in (
            await mine.post("/api/matches", json=MATCH),
            await mine.post("/api/matches", json={**OWN, "externalIds": {"espn": "2"}}),
            await mine.patch(f"/api/matches/{own}", json={"externalIds": {"espn": "2"}}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
            assert "feeds and admins" in refused.json()["detail"]
        for match_id in (own, fed):
            url = f"/api/matches/{match_id}"
            await feeding.post(f"{url}/events", json=goal("a"))
            before = (await rest.get(url)).json()
            for refused in (
                await rest.post(f"{url}/events", json=entry("b")),
                await rest.patch(f"{url}/events/a", json={"reason": "x"}),
                await rest.patch(f"{url}/events", params={"eventId": "a"}, json={"reason": "x"}),
                await rest.delete(f"{url}/events/a", params={"reason": "x"}),
                await rest.delete(f"{url}/events", params={"eventId": "a", "reason": "x"}),
                await rest.patch(url, json={"venue": "x"}),
                await rest.delete(url, params={"force": True}),
            ):
                assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
                assert refused.json()["detail"] == "Only who made this match may change it, and admins."
            assert (await rest.get(url)).json() == before
            assert (await rest.get(f"{url}/setup")).json()["mayScore"] is False
        # What a feed said of an owner's match is the owner's to correct.
        assert (await mine.delete(f"/api/matches/{own}/events/a", params={"reason": "no goal"})).status_code == 200
        assert (await feeding.delete(f"/api/matches/{own}")).status_code == 403
        async with http(gateway, fan) as listening, http(gateway) as nobody:
            for answer, status in (
                (await listening.post("/api/matches", json=OWN), 403),
                (await nobody.post("/api/matches", json=OWN), 401),
                (await nobody.get("/api/matches/mine"), 401),
            ):
                assert answer.status_code == status


async def test_ones_own_matches_are_a_list(gateway: Gateway) -> None:
    olga, otto = await gateway.account(Role.OWNER), await gateway.account(Role.OWNER)
    async with http(gateway, olga) as mine, http(gateway, otto) as other:
        await other.post("/api/matches", json=OWN)
        ids = [
            (await mine.post("/api/matches", json={**OWN, "venue": f"Ground {n}", "scheduledAt": n})).json()["id"]
            for n in range(5)
        ]
        await mine.post(f"/api/matches/{ids[3]}/events", json=entry("a"))
        found: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = (await mine.get("/api/matches/mine", params=query)).json()
            found += [match["id"] for match in page["items"]]
            if "next" not in page:
                break
            query["before"] = page["next"]
        assert found == [ids[3], ids[0], ids[1], ids[2], ids[4]]
        for query, wanted in (({"status": "live"}, [ids[3]]), ({"text": "ground 2"}, [ids[2]]), ({"text": "y"}, [])):
            page = (await mine.get("/api/matches/mine", params=query)).json()
            assert [match["id"] for match in page["items"]] == wanted, query
        # Half-open ways around the bound of a day: deleting gives nothing back.
        answers = [await mine.post("/api/matches", json=OWN) for _ in range(46)]
        assert [answer.status_code for answer in answers] == [201] * 45 + [429]
        assert int(answers[-1].headers["retry-after"]) > 60
        await mine.delete(f"/api/matches/{ids[0]}")
        assert (await mine.post("/api/matches", json=OWN)).status_code == 429
        assert (await other.post("/api/matches", json=OWN)).status_code == 201


async def test_what_an_admin_does_to_others_matches_is_noted(gateway: Gateway) -> None:
    owner, admin = await gateway.account(Role.OWNER), await gateway.account(Role.ADMIN, "Ada Admin")
    async with http(gateway, owner) as rest, http(gateway, admin) as boss:
        match_id = (await rest.post("/api/matches", json=OWN)).json()["id"]
        url = f"/api/matches/{match_id}"
        own = (await boss.post("/api/matches", json=MATCH)).json()["id"]
        await boss.patch(f"/api/matches/{own}", json={"venue": "x"})
        await boss.post(f"/api/matches/{own}/events", json=entry("a"))
        await boss.post(f"{url}/events", json=goal("fed"))
        assert (await boss.get("/api/admin/audit")).json()["items"] == []

        assert (await boss.get(f"{url}/setup")).json() == {
            "matchId": match_id, "config": {}, "mine": False, "mayScore": True,
        }  # fmt: skip
        assert results(await boss.post(f"{url}/events", json=entry("a"))) == ["applied"]
        await boss.patch(f"{url}/events/a", json={"reason": "The other side", "competitorId": "blue"})
        await boss.delete(f"{url}/events/a", params={"reason": "Offside"})
        await boss.patch(url, json={"venue": "Park"})
        assert (await boss.delete(url)).status_code == 409, "and what fails is not noted"
        await boss.delete(url, params={"force": True})
        entries = (await boss.get("/api/admin/audit")).json()["items"]
        assert [(one["action"], one["target"], one.get("reason")) for one in reversed(entries)] == [
            ("match.score", match_id, None),
            ("match.correct", f"{match_id}/a", "The other side"),
            ("match.withdraw", f"{match_id}/a", "Offside"),
            ("match.edit", match_id, None),
            ("match.delete", match_id, None),
        ]
        assert {one["actorName"] for one in entries} == {"Ada Admin"}
