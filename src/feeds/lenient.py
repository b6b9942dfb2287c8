"""Reading what others wrote: what is wrong in one place is left out, counted and told, and the rest is read.

One place decides for all adapters and file readers what becomes of a wrong value: an optional field that is wrong is as
if it were absent; an entry that lacks what it needs is skipped, and its neighbours are as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from kit.errors import InvalidPayload

MAX_MENDS = 20
"""Wrong fields of one entry that are left out; with more it is not what it is read as."""

T = TypeVar("T")

_AT = re.compile(r" - at (`key` in )?`\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a provider's object that we read; other fields are ignored."""


def read_lenient(value: object, shape: type[T], wrong: Callable[[str], object], *, strict: bool = True) -> T:
    """A value in its shape, without those optional parts that are not what they should be.

    Args:
        value: Decoded JSON.
        shape: What it should be.
        wrong: Called with one sentence for each part that is left out.
        strict: Whether numbers in texts are wrong.

    Raises:
        InvalidPayload: It lacks what cannot be done without.
    """
    told: list[str] = []
    while len(told) <= MAX_MENDS:
        try:
            read = msgspec.convert(value, shape, strict=strict)
        except (msgspec.ValidationError, OverflowError, RecursionError) as error:
            told.append(str(error) or "It is nested too deeply.")
            path = _path_of(told[-1])
            if not path:
                break
            value = _without(value, path)
        else:
            for why in told:
                wrong(why)
            return read
    raise InvalidPayload(told[0])


def _path_of(message: str) -> list[str | int]:
    """Where the error is; of a mapping whose entry is not named, the mapping."""
    found = _AT.search(message)
    path: list[str | int] = []
    for name, index, unnamed in _STEP.findall(found[2] if found else ""):
        if unnamed:
            break
        path.append(name or int(index))
    return path


def _without(value: Any, path: list[str | int]) -> Any:  # noqa: ANN401 - decoded JSON
    """A copy that lacks one part; of the rest only what leads there is copied."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and step in value:
        return {**value, step: _without(value[step], rest)} if rest else {k: v for k, v in value.items() if k != step}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], *([_without(value[step], rest)] if rest else []), *value[step + 1 :]]
    return None  # a name that is not where it was said to be: what holds it is not readable either


MAX_REASONS = 5
"""Reasons that are told; the others are counted."""


class Skipped:
    """What was left out of a file: how many entries, and why the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.reasons: list[str] = []

    def note(self, what: str, why: str) -> None:
        """An entry, or a field of one, was left out."""
        self.count += 1
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(f"{what[:100]}: {why[:200]}")

    def told(self) -> str | None:
        """What was left out, in lines for whoever gave the file; None where nothing was."""
        if not self.count:
            return None
        more = f"\n  and {self.count - len(self.reasons)} more" if self.count > len(self.reasons) else ""
        head = "1 thing was skipped" if self.count == 1 else f"{self.count} things were skipped"
        return f"{head}:\n  " + "\n  ".join(self.reasons) + more


def read_whole(value: object, shape: type[T], what: str, skipped: Skipped) -> T:
    """A part of a file that it cannot do without.

    Args:
        value: Decoded JSON.
        shape: What it should be.
        what: What it is called where something is left out.
        skipped: Where its wrong optional fields are noted.

    Raises:
        InvalidPayload: It lacks what the shape needs.
    """
    return read_lenient(value, shape, lambda why: skipped.note(what, why))


def read_entries(items: object, shape: type[T], what: str, skipped: Skipped, *, exact: bool = False) -> list[T]:
    """Those entries of a list that can be read; the others are noted, and so is what is no list.

    Args:
        items: Decoded JSON; None is an empty list.
        shape: What each should be.
        what: What one is called where it is left out.
        skipped: Where that is noted.
        exact: An entry of which any part is wrong is left out as a whole, where the parts mean little alone.
    """
    if not isinstance(items, (list, tuple)):
        if items is not None:
            skipped.note(what, "It is no list.")
        return []
    read: list[T] = []
    for number, item in enumerate(items, 1):
        name = f"{what} {number}"
        try:
            if exact:
                read.append(msgspec.convert(item, shape))
            else:
                read.append(read_whole(item, shape, name, skipped))
        except InvalidPayload as error:
            skipped.note(name, error.message)
        except (msgspec.ValidationError, OverflowError, RecursionError) as error:
            skipped.note(name, str(error))
    return read
