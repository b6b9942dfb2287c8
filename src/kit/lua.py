"""Lua scripts that run inside Redis, each in a `*.lua` file beside the module that calls it.

A file begins with what it does, its KEYS and ARGV, and what it returns. Whoever needs one names it:

    _RENEW = Script("kit", "lease_renew")  # src/kit/lease_renew.lua

Nothing is read at import: a script's text is read when it is first needed.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from importlib.resources import files


class Script:
    """One script, by its package and its file's name without `.lua`."""

    def __init__(self, package: str, name: str) -> None:
        self._package = package
        self._name = name

    @cached_property
    def text(self) -> str:
        """What SCRIPT LOAD, EVAL and `register_script` take."""
        return files(self._package).joinpath(f"{self._name}.lua").read_text(encoding="utf-8")

    @cached_property
    def sha(self) -> str:
        """What EVALSHA takes."""
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
