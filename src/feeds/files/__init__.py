"""Readers of match files, one provider a module; which one reads a file is told by the file's shape.

`feeds.replay` and the commands call `read_file`. A reader never asks anybody: it gets decoded JSON.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from feeds.files import cricsheet, lakers, openfootball, wyscout
from feeds.files.recording import FileMatch
from feeds.lenient import Skipped
from kit.errors import InvalidPayload

FILE_READERS: tuple[ModuleType, ...] = (cricsheet, wyscout, openfootball, lakers)


def read_file(raw: object, skipped: Skipped | None = None) -> list[FileMatch]:
    """The matches of a file of any known provider.

    Args:
        raw: Decoded JSON.
        skipped: Where it is noted what could not be read, while the rest could.

    Raises:
        InvalidPayload: It is of no known provider, or nothing of it can be read.
    """
    reader, skipped = detect(raw), skipped if skipped is not None else Skipped()
    try:
        matches: list[FileMatch] = reader.normalise(raw, skipped)
    except InvalidPayload as error:
        raise InvalidPayload(f"Read as a file of {name_of(reader)}: {error.message}") from None
    except RecursionError:
        raise InvalidPayload(f"Read as a file of {name_of(reader)}: it is nested too deeply.") from None
    if not matches and skipped.count:
        raise InvalidPayload(f"Read as a file of {name_of(reader)}: no match of it can be read. {skipped.reasons[0]}")
    return matches


def name_of(reader: ModuleType) -> str:
    """The name of the provider whose files a reader reads."""
    return reader.__name__.rpartition(".")[2]


def detect(raw: object) -> Any:  # noqa: ANN401 - a module with `normalise`
    """The reader of the shape that a decoded JSON file has; raises `InvalidPayload` when none knows it."""
    if isinstance(raw, dict):
        for reader in FILE_READERS:
            if reader.recognise(raw):
                return reader
    names = ", ".join(name_of(reader) for reader in FILE_READERS)
    raise InvalidPayload(f"This is not a match file that we know ({names}).")
