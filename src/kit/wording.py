"""What is wrong with an input, in sentences that people can read: no names of types, codes or paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_]\w*)")
_INDEX = re.compile(r"\[(\d+)\](?!.*\[\d+\])")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")

_TYPES = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "yes or no", "array": "a list",
    "object": "a group of fields", "null": "empty", "bytes": "text", "datetime": "a time",
}  # fmt: skip


def words(name: str) -> str:
    """A field's name as people write it: `showTitle` is `show title`, `artworkUrl` is `artwork address`."""
    parts = [part.lower() for part in _HUMPS.split(name) if part]
    known = {"url": "address", "id": "id", "ids": "ids", "ms": "milliseconds"}
    return " ".join(known.get(part, part) for part in parts)


def place(path: str) -> str:
    """Where in an input: `$.players[2].showNumber` is `show number (players, entry 3)`; nothing for the whole."""
    steps = _STEP.findall(path)
    if not steps:
        return "The input"
    index = _INDEX.search(path)
    where = [words(step) for step in steps[:-1]]
    if index is not None:
        where.append(f"entry {int(index[1]) + 1}")
    named = words(steps[-1])
    named = named[:1].upper() + named[1:]
    return f"{named} ({', '.join(where)})" if where else named


def _type(name: str) -> str:
    options = [_TYPES.get(option.strip(), option.strip()) for option in name.split("|")]
    return " or ".join(dict.fromkeys(option for option in options if option != "empty")) or "empty"


def _length(kind: str, sign: str, bound: str) -> str:
    unit = "entries" if kind.startswith(("array", "object")) else "characters"
    unit = unit if bound != "1" else {"entries": "entry", "characters": "character"}[unit]
    return f"must have at {'least' if sign == '>=' else 'most'} {bound} {unit}"


_BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}

# What msgspec says (https://jcristharif.com/msgspec/), and how it is said here; the first that matches counts.
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Expected `(.+)` of length (>=|<=) (\d+)"), lambda m: _length(m[1], m[2], m[3])),
    (re.compile(r"Expected `(?:int|float|int \| null|float \| null)` (>=|<=|>|<) (-?[\d.]+)"),
     lambda m: f"must be {_BOUNDS[m[1]]} {m[2]}"),
    (re.compile(r"Expected `.+` that's a multiple of"), lambda _: "is not one of the numbers that are possible"),
    (re.compile(r"Expected `.+` matching regex"), lambda _: "does not have the form that it needs"),
    (re.compile(r"Expected `(.+?)`, got `null`"), lambda _: "must not be empty"),
    (re.compile(r"Expected `(.+?)`"), lambda m: f"must be {_type(m[1])}"),
    (re.compile(r"Invalid enum value"), lambda _: "is not one of the values that are possible"),
    (re.compile(r"Invalid (?:RFC3339|isoformat|datetime|date|time)"), lambda _: "must be a time"),
    (re.compile(r"Invalid value '?\"?(.*?)"), lambda _: "is not one of the values that are possible"),
    (re.compile(r"Invalid"), lambda _: "does not have the form that it needs"),
    (re.compile(r"Integer value out of range"), lambda _: "is out of range"),
    (re.compile(r"(?:str|bytes|Input) .*(?:utf-8|UTF-8)"), lambda _: "must be text"),
)  # fmt: skip
_FIELD = re.compile(r"Object (missing required|contains unknown) field `([^`]*)`")
_MALFORMED = re.compile(r"(?:JSON is malformed|Input data was truncated|MessagePack)")
_OURS = re.compile(r"[A-Z][^`$]*\.$", re.DOTALL)


def sentence(message: str) -> str:
    """What msgspec says, or one of a check of ours, as one sentence about the field that is meant.

    >>> sentence("Expected `str` of length <= 200 - at `$.showTitle`")
    'Show title must have at most 200 characters.'
    """
    parts = _PLACE.match(message)
    what, path = (parts["what"], parts["path"] or "") if parts else (message, "")
    if _OURS.fullmatch(what):
        return f"{place(path)}: {what}" if _STEP.search(path) else what
    if _MALFORMED.match(what):
        return "The input could not be read: it is not complete, or not JSON."
    if field := _FIELD.match(what):
        named = place(f"{path}.{field[2]}")
        return f"{named} is missing." if field[1].startswith("missing") else f"{named} is not known here."
    for form, say in _RULES:
        if found := form.match(what):
            return f"{place(path)} {say(found)}."
    return f"{place(path)} is not right."
