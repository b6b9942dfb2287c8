"""Who replays a file with bad entries is told how many were skipped, and why."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from touchline.cli import main


def test_what_was_skipped_is_told_before_the_choice(tmp_path: Path) -> None:
    good = [
        {"date": f"2026-03-0{day}", "team1": "Harbour", "team2": "Granite", "score": {"ft": [1, 0]}} for day in (1, 2)
    ]
    path = tmp_path / "season.json"
    path.write_text(json.dumps({"name": "Cup 2026", "matches": [good[0], {"team1": "N.N.", "team2": "N.N."}, good[1]]}))
    command = ["replay", str(path), "--email", "a@b.example", "--password-stdin", "--server", "http://127.0.0.1:1"]
    told = CliRunner().invoke(main, command, input="secret").output
    assert "season.json: 1 thing was skipped:\n  match 2 (N.N. v N.N.): " in told
    assert "This file has 2 matches" in told
