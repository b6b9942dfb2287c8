"""Every text that clients send and people read is tidied: whoever adds a field says which it is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import msgspec

from kit.contracts import Payload

FEATURES = ("audio", "chat", "identity", "matches", "monitoring", "realtime", "streaming")

# What is no text of that kind, by field: secrets, names that machines give, and what is looked at elsewhere.
SECRETS = {"password", "current", "refresh_token", "token"}
IDS = {
    "id", "role", "type", "order_key", "competitor_id", "provider", "event_id", "related_event_ids", "external_ids",
    "lineups", "config", "detail", "stated", "competition", "first_leg", "options", "lang",
}  # fmt: skip
ELSEWHERE = {
    ("JoinStream", "user_id"),  # ignored
    ("SendInteraction", "emoji"),  # one emoji (streaming.service.is_emoji)
    ("ListMatches", "text"),  # searched for, never kept
    ("SendMessage", "text"),  # chat.text.clean
    ("ConfigureFeed", "base_url"),  # feeds.outbound
    ("CreateFeed", "base_url"),
    ("EventsMessage", "events"),  # read one by one
}


def kinds(root: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def texts(annotation: Any) -> Iterator[msgspec.Meta | None]:
    """What is said of each text within an annotation."""
    inner = get_args(annotation)
    if annotation is str:
        yield None
    elif get_origin(annotation) is Annotated and inner[0] is str:
        yield inner[1]
    else:
        for one in inner:
            yield from texts(one)


def test_no_text_is_forgotten() -> None:
    for name in FEATURES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    forgotten = {
        f"{kind.__module__}.{kind.__name__}.{field.name}"
        for kind in kinds(Payload)
        if kind.__module__.partition(".")[0] in FEATURES
        for field in msgspec.structs.fields(kind)
        for meta in texts(field.type)
        if not (meta is not None and (meta.pattern or (meta.extra or {}).get("text")))
        if field.name not in SECRETS | IDS and (kind.__name__, field.name) not in ELSEWHERE
    }
    assert forgotten == set()
