"""Touchline itself, with the bytes of a file for its front page. Usage: python static_answer.py serve (as touchline).

The file, named by BENCH_ANSWER, is read when the page is asked for the first time. From then on the page is a static
answer from memory: what the same server can do at most with those bytes.
"""

from __future__ import annotations

import os
from pathlib import Path

from touchline import pages
from touchline.cli import main


class Answer(dict[str, bytes]):
    """Every page is the one file."""

    def __missing__(self, name: str) -> bytes:
        self[name] = Path(os.environ["BENCH_ANSWER"]).read_bytes()
        return self[name]


if __name__ == "__main__":
    pages.Pages.load = classmethod(lambda cls: cls(Answer()))  # type: ignore[method-assign, assignment]
    main()
