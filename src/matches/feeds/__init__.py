"""Adapters, one provider a file. The files of these are told apart by their shape."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from kit.errors import InvalidPayload
from matches.feeds import cricsheet, lakers, openfootball, wyscout
from matches.feeds.files import FileMatch

FILE_FEEDS: tuple[ModuleType, ...] = (cricsheet, wyscout, openfootball, lakers)


def read_file(raw: object) -> list[FileMatch]:
    """The matches of a file of any known provider; raises `InvalidPayload` for another or a damaged one."""
    feed = detect(raw)
    try:
        matches: list[FileMatch] = feed.normalise(raw)
    except InvalidPayload as error:
        raise InvalidPayload(f"Read as a file of {name_of(feed)}: {error.message}") from None
    return matches


def name_of(feed: ModuleType) -> str:
    """An adapter by its provider."""
    return feed.__name__.rpartition(".")[2]


def detect(raw: object) -> Any:  # noqa: ANN401 - a module with `normalise`
    """The adapter whose shape a decoded JSON file has; raises `InvalidPayload` when none knows it."""
    if isinstance(raw, dict):
        for feed in FILE_FEEDS:
            if feed.recognise(raw):
                return feed
    names = ", ".join(name_of(feed) for feed in FILE_FEEDS)
    raise InvalidPayload(f"This is not a match file that we know ({names}).")
