"""Modes of what the server keeps."""

from __future__ import annotations

import stat
from pathlib import Path

from touchline.private_files import mend


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_is_open_to_others_is_closed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    ours = ["touchline.db", "touchline.db-wal", "touchline.db-shm", "secret.key", "serve.lock", "demo.mp3"]
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    (tmp_path / "redis" / "appendonlydir").chmod(0o755)
    ours += ["redis/redis.log", "redis/appendonlydir/appendonly.aof.1.incr.aof"]
    for name in [*ours, "holiday.jpg"]:
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o644)
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "elsewhere").chmod(0o644)
    (tmp_path / "redis" / "link").symlink_to(tmp_path / "elsewhere")
    changed = mend(tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in changed} >= set(ours)
    assert {mode(tmp_path / name) for name in ours} == {0o600}
    assert mode(tmp_path / "redis" / "appendonlydir") == 0o700
    assert mode(tmp_path / "holiday.jpg") == mode(tmp_path / "elsewhere") == 0o644
    assert mend(tmp_path) == []
