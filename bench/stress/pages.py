"""What a page shows: a snapshot, and what it made of the events since. At rest it equals what a new page is given."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

State = dict[str, Any]
RECENT = 50  # messages that a snapshot of the chat shows


def _no_reactions(channel_id: str) -> State:
    return {"channelId": channel_id, "likes": 0, "favorites": 0, "shares": 0, "reactions": 0, "recent": {}}


def _live(state: State, data: State) -> None:
    stream = state.get("stream")
    if stream is None or stream["streamId"] != data["streamId"]:
        stream = {"streamId": data["streamId"], "startedAt": data["startedAt"]}
        if "match" in state:
            stream["matchId"] = state["match"]["id"]
        state["interactions"] = _no_reactions(data["channelId"])
    state["stream"] = stream | {"startedBy": data["startedBy"], "sourceConnected": data["sourceConnected"]}
    state["metadata"] = data["metadata"]
    state["channel"]["live"] = True


def _offline(state: State, data: State) -> None:
    if data["resumable"]:
        state["stream"]["sourceConnected"] = False
        return
    state.pop("stream", None)
    state.pop("metadata", None)
    state["interactions"] = _no_reactions(data["channelId"])
    state["channel"]["live"] = False


def _link(state: State, data: State) -> None:
    state.pop("match", None)
    stream = state.get("stream", {})
    stream.pop("matchId", None)
    if data["match"] is not None:
        state["match"] = data["match"]
        if stream:
            stream["matchId"] = data["match"]["id"]


def _message(state: State, data: State) -> None:
    chat = state["chat"]
    if data["id"] not in {known["id"] for known in chat["recent"]}:
        chat["recent"] = sorted([*chat["recent"], data], key=lambda one: str(one["id"]))[-RECENT:]


_REDUCERS: dict[str, Callable[[State, State], None]] = {
    "stream:live": _live,
    "stream:offline": _offline,
    "stream:metadata": lambda state, data: state.update(metadata=data),
    "stream:match": _link,
    "stream:listeners": lambda state, data: state.update(listeners=data),
    "interaction:counts": lambda state, data: state.update(interactions=data),
    "chat:message": _message,
}


class ChannelPage:
    """A page of one channel."""

    def __init__(self, snapshot: State) -> None:
        self.state = copy.deepcopy(snapshot)

    def apply(self, name: str, data: State) -> str:
        """Take an event in; says what is wrong with it, if anything is."""
        reduce = _REDUCERS.get(name)
        if reduce is not None:
            reduce(self.state, copy.deepcopy(data))
        return ""

    def comparable(self) -> State:
        """What must be the same for all at rest: no place in the history, no reactions of the last half second."""
        kept = {name: value for name, value in self.state.items() if name not in {"offset", "match"}}
        kept["matchId"] = (self.state.get("match") or {}).get("id")  # its score goes to the room of the match
        kept["interactions"] = kept["interactions"] | {"recent": {}}
        return kept


class MatchPage:
    """A page of one match: `seq` numbers its events without a gap, whatever became of offsets."""

    def __init__(self, snapshot: State) -> None:
        self.match: State = snapshot["match"]
        self.seq: int = snapshot["seq"]

    def apply(self, name: str, data: State) -> str:
        """Take an event in; says what is wrong with it, if anything is."""
        if name == "match:event":
            before, self.seq = self.seq, max(self.seq, data["seq"])  # one hole is told once
            if data["seq"] > before + 1:
                return f"match:event {data['seq']} follows {before}"
        elif name == "match:updated" and data["version"] >= self.match["version"]:
            self.match = data
        return ""

    def comparable(self) -> State:
        """What must be the same for all at rest."""
        return {"seq": self.seq, "match": self.match}


Page = ChannelPage | MatchPage


def differences(mine: Any, truth: Any, path: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """Where two states differ, in words."""
    if isinstance(mine, dict) and isinstance(truth, dict):
        found = [part for key in sorted(mine.keys() | truth.keys())
                 for part in differences(mine.get(key), truth.get(key), f"{path}.{key}")]  # fmt: skip
        return found[:6]
    if isinstance(mine, list) and isinstance(truth, list) and mine != truth:
        first = next(
            (n for n, (a, b) in enumerate(zip(mine, truth, strict=False)) if a != b), min(len(mine), len(truth))
        )
        return [f"{path[1:]}: {len(mine)} items for {len(truth)}, from {first} on another one"]
    return [] if mine == truth else [f"{path[1:]} is {mine!r}, and {truth!r} in truth"]
