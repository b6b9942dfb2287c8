"""The documents as tests read them: their code blocks, and what a comment before a block says of its test.

A comment `<!-- test: … -->` on the line before a block is not shown to readers. It says one of

- `not run, because …`: what it needs is not here, or it takes too long; the sentence says which;
- `goes on, then ADDRESS answers`, perhaps `with TEXT`, or `goes on, then says TEXT`: it does not end by itself; the
  next block begins then;
- `types TEXT`, perhaps `at a terminal`: what is typed when it asks;
- `saved as NAME`: it is no command but a file, which a later block uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness import ROOT

COMMANDS = frozenset({"sh", "bash", "shell", "console"})
"""Languages of blocks that are run."""

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>.*)$")
_COMMENT = re.compile(r"^ *<!-- test: (?P<text>.*) -->$")
_KINDS = ("not run, because ", "goes on, then ", "types ", "saved as ")


@dataclass(frozen=True)
class Block:
    """One code block. `line` is that of its fence; `note` what the comment before it says, or nothing."""

    page: str
    line: int
    language: str
    text: str
    note: str

    @property
    def runs(self) -> bool:
        return self.language in COMMANDS and not self.note.startswith("not run, because ")

    def said(self, kind: str) -> str | None:
        """What follows `kind` in the note, if the note is of that kind."""
        return self.note.removeprefix(kind) if self.note.startswith(kind) else None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """All that people read: `docs/` and the Markdown files beside it."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks_of(page: Path) -> list[Block]:
    """The code blocks of a page, in order; raises `ValueError` for a comment that says nothing known."""
    return list(_blocks(str(page.relative_to(ROOT)), page.read_text().splitlines()))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence is None:
            if (comment := _COMMENT.match(lines[number])) and not comment["text"].startswith(_KINDS):
                raise ValueError(f"{page}:{number + 1} says nothing that is known: {comment['text']}")
            number += 1
            continue
        indent, start = len(fence["indent"]), number
        comment = _COMMENT.match(lines[start - 1]) if start else None
        number += 1
        text = []
        while lines[number].strip() != "```":
            text.append(lines[number][indent:])
            number += 1
        language = fence["language"].strip(" {}.")
        yield Block(page, start + 1, language, "\n".join(text) + "\n", comment["text"] if comment else "")
        number += 1
