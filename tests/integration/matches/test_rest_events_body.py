"""The body of the events door: one event or a list of them; anything else is a 400 that says so, and stores nothing."""

from __future__ import annotations

from typing import Any

import httpx

from kit.session import Role
from tests.integration.matches.test_matches import MATCH, goal, http
from tests.live import Gateway

WRAPPED: list[Any] = [
    {"events": [goal("a")]}, {"items": [goal("a")]}, {"event": goal("a")}, {"provider": "p", "events": [goal("a")]},
    {"data": {"events": []}}, {},
    {"events": "none", "matchId": "x"},
]  # fmt: skip
NO_EVENTS: list[Any] = ["events", 7, None, True, ["a"], [goal("a"), None], [[goal("a")]]]


def hinted(answer: httpx.Response) -> bool:
    problem = answer.json()
    return (answer.status_code, problem.get("code")) == (400, "invalid_payload") and "list of events" in problem[
        "detail"
    ]


async def test_what_is_no_event_and_no_list_of_events_is_refused_with_a_hint(gateway: Gateway) -> None:
    async with http(gateway, await gateway.account(Role.FEED)) as rest:
        url = f"/api/matches/{(await rest.post('/api/matches', json=MATCH)).json()['id']}/events"
        assert [body for body in [*WRAPPED, *NO_EVENTS] if not hinted(await rest.post(url, json=body))] == []
        assert "`events`" in (await rest.post(url, json=WRAPPED[0])).json()["detail"]
        assert (await rest.get(url)).json()["items"] == []
        # A list is judged event by event, an empty one too, and an event with a mistake in it is one all the same.
        several = await rest.post(url, json=[{"events": []}, goal("a"), {"eventId": "b"}])
        assert [item["result"] for item in several.json()["items"]] == ["rejected", "applied", "rejected"]
        assert (await rest.post(url, json=[])).json()["items"] == []
        (item,) = (await rest.post(url, json={"eventId": "c"})).json()["items"]
        assert (item["eventId"], item["result"]) == ("c", "rejected")
