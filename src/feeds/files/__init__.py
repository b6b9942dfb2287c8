"""Adapters, one provider a file. The files of these are told apart by their shape."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from feeds.files import cricsheet, lakers, openfootball, wyscout
from feeds.files.recording import FileMatch
from feeds.lenient import Skipped
from kit.errors import InvalidPayload

FILE_FEEDS: tuple[ModuleType, ...] = (cricsheet, wyscout, openfootball, lakers)


def read_file(raw: object, skipped: Skipped | None = None) -> list[FileMatch]:
    """The matches of a file of any known provider.

    Args:
        raw: Decoded JSON.
        skipped: Where it is noted what could not be read, while the rest could.

    Raises:
        InvalidPayload: It is of no known provider, or nothing of it can be read.
    """
    feed, skipped = detect(raw), skipped if skipped is not None else Skipped()
    try:
        matches: list[FileMatch] = feed.normalise(raw, skipped)
    except InvalidPayload as error:
        raise InvalidPayload(f"Read as a file of {name_of(feed)}: {error.message}") from None
    except RecursionError:
        raise InvalidPayload(f"Read as a file of {name_of(feed)}: it is nested too deeply.") from None
    if not matches and skipped.count:
        raise InvalidPayload(f"Read as a file of {name_of(feed)}: no match of it can be read. {skipped.reasons[0]}")
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
