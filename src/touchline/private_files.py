"""What the server keeps is for its own user alone: files have mode 0600, directories 0700.

Every command begins with it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_OTHERS = 0o077
# Only what is ours: the data directory may be a folder that holds other things too.
_OURS = ("touchline.db*", "secret.key*", "serve.lock", "demo.mp3", "redis", "workers")


def keep_private() -> None:
    """From now on this process and those it starts make nothing that others may read."""
    os.umask(_OTHERS)


def mend(data_directory: Path) -> list[Path]:
    """Take from others what they may do with files that are here already; returns those that it was changed for."""
    return [path for path in _ours(data_directory) if _close(path)]


def _ours(data_directory: Path) -> Iterator[Path]:
    for pattern in _OURS:
        for path in data_directory.glob(pattern):
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from path.rglob("*")


def _close(path: Path) -> bool:
    # A file may be gone by now, or belong to somebody else who alone can change that.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.lstat().st_mode
        if (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISSOCK(mode)) and mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
            return True
    return False
