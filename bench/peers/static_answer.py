"""Touchline itself, with the bytes of a file for its front page. Usage: python static_answer.py serve (as touchline).

The file, named by BENCH_ANSWER, is read when the page is asked for the first time. From then on the page is a static
answer from memory: what the same server can do at most with those bytes.
"""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from touchline import pages
from touchline.cli import main

_as_built = pages.Pages.page


@functools.cache
def _answer() -> pages.Pages:
    content = Path(os.environ["BENCH_ANSWER"]).read_bytes()
    return pages.Pages(defaultdict(lambda: content))


def _page(_: pages.Pages, name: str) -> Any:  # noqa: ANN401 - Litestar's response
    """Every page is the one file."""
    return _as_built(_answer(), name)


if __name__ == "__main__":
    pages.Pages.page = _page  # type: ignore[method-assign]
    main()
