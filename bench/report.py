"""What a benchmark shows: progress on a terminal, a table, JSON, and a chart."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, TextIO

from bench.procs import ROOT, raise_limits


class Progress:
    """One line that changes; nothing where nobody looks."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        """Show what happens now."""
        if self._shown:
            width = shutil.get_terminal_size().columns - 1
            line = f"{time.monotonic() - self._began:5.0f} s  {text}"
            self._stream.write(f"\r\x1b[2K{line[:width]}")
            self._stream.flush()

    def done(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns of text; all but the first are aligned to the right."""
    cells = [[_text(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row: list[str]) -> str:
        first, *others = (
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join([first, *others]).rstrip()

    return "\n".join([line(cells[0]), "  ".join("-" * width for width in widths), *map(line, cells[1:])])


def _text(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def document(command: str, parameters: dict[str, object], results: dict[str, Any], tree: Path | None) -> dict[str, Any]:
    """The JSON of a run: what was asked, on which machine, what came out. `tree`: as the servers were told."""
    return {
        "benchmark": command,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": _commit(tree or ROOT),
        "tree": str(tree) if tree else None,
        "machine": {
            "cpus": len(os.sched_getaffinity(0)),
            "processor": _processor(),
            "kernel": platform.release(),
            "python": platform.python_version(),
            "descriptors": raise_limits().descriptors,
            "load_average": round(os.getloadavg()[0], 2),
        },
        "parameters": parameters,
        **results,
    }


def write_json(path: str, content: dict[str, Any]) -> None:
    """To a file, or to standard output for `-`."""
    text = json.dumps(content, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text)


def _commit(tree: Path) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    described = [git, "describe", "--always", "--dirty"]
    found = subprocess.run(described, cwd=tree, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return found.stdout.strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def bar_chart(title: str, unit: str, bars: Sequence[tuple[str, float]], note: str = "") -> str:
    """Horizontal bars as SVG, each with its value."""
    left, right, row, top = 150, 120, 34, 56
    width = 720
    height = top + row * len(bars) + (34 if note else 14)
    most = max((value for _, value in bars), default=0.0) or 1.0
    head = f'viewBox="0 0 {width} {height}" role="img" font-family="system-ui, sans-serif" font-size="14"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {head}><title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="30" font-size="16" font-weight="600" fill="#17212b">{escape(title)}</text>',
    ]
    for number, (label, value) in enumerate(bars):
        y = top + row * number
        length = max(value / most * (width - left - right), 1)
        colour = "#0b7a4b" if label.startswith("touchline") else "#8a97a6"
        shown = escape(f"{_text(value)} {unit}")
        parts.append(
            f'<text x="{left - 10}" y="{y + 16}" text-anchor="end" fill="#17212b">{escape(label)}</text>'
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="22" rx="3" fill="{colour}"/>'
            f'<text x="{left + length + 8:.1f}" y="{y + 16}" fill="#17212b">{shown}</text>'
        )
    if note:
        parts.append(f'<text x="16" y="{height - 12}" font-size="12" fill="#53606e">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def line_chart(title: str, unit: str, lines: Mapping[str, Sequence[tuple[float, float]]], note: str = "") -> str:
    """Values over seconds as SVG, by name; the scale begins at zero, so that flat looks flat."""
    left, right, top, bottom, width, height = 80, 90, 56, 64, 720, 320
    until = max((at for points in lines.values() for at, _ in points), default=0.0) or 1.0
    most = (max((value for points in lines.values() for _, value in points), default=0.0) or 1.0) * 1.1
    across, down = width - left - right, height - top - bottom

    def place(at: float, value: float) -> tuple[str, str]:
        return f"{left + at / until * across:.1f}", f"{top + down - value / most * down:.1f}"

    head = f'viewBox="0 0 {width} {height}" role="img" font-family="system-ui, sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {head}><title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="30" font-size="16" font-weight="600" fill="#17212b">{escape(title)}</text>',
    ]
    for step in range(5):
        value = most * step / 4
        _, y = place(0, value)
        parts.append(
            f'<line x1="{left}" x2="{left + across}" y1="{y}" y2="{y}" stroke="#dde3ea"/>'
            f'<text x="{left - 8}" y="{y}" dy="4" text-anchor="end" fill="#53606e">{escape(_text(value))}</text>'
        )
    for (name, points), colour in zip(lines.items(), ("#0b7a4b", "#8a97a6"), strict=False):
        path = " ".join(",".join(place(*one)) for one in points)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
        if points:
            _, y = place(*points[-1])
            parts.append(f'<text x="{left + across + 8}" y="{y}" dy="4" fill="{colour}">{escape(name)}</text>')
    parts.append(
        f'<text x="{left}" y="{height - 40}" fill="#53606e">0 s</text>'
        f'<text x="{left + across}" y="{height - 40}" text-anchor="end" fill="#53606e">{_text(until)} s</text>'
        f'<text x="{left - 8}" y="{top - 10}" text-anchor="end" fill="#53606e">{escape(unit)}</text>'
    )
    if note:
        parts.append(f'<text x="16" y="{height - 12}" font-size="12" fill="#53606e">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>\n"])
