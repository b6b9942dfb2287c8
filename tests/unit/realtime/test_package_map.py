"""The map in the package's docstring names every module, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import realtime


def test_the_map_is_whole() -> None:
    text = realtime.__doc__ or ""
    modules = {path.stem for path in Path(realtime.__file__).parent.glob("*.py")} - {"__init__"}
    rows = [line.strip() for line in text.split("\n") if line.startswith("    ")]
    placed = [name.strip() for row in rows for name in re.split(r"\s{2,}", row)[0].split(",")]
    assert len(placed) == len(set(placed))
    assert set(placed) <= modules
    assert {name for name in modules if not re.search(rf"\b{name}\b", text)} == set()
