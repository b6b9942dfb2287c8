"""Scripts of Redis: each file is used, each that is used exists, and each says what it works on."""

from __future__ import annotations

import hashlib
import re

import pytest

from kit.lua import Script
from tests.harness import ROOT

SOURCES = ROOT / "src"
FILES = sorted(SOURCES.glob("**/*.lua"))


def test_every_file_is_used_and_every_script_has_one() -> None:
    used = {
        f"{package}/{name}.lua"
        for module in SOURCES.glob("**/*.py")
        if module.name != "lua.py"
        for package, name in re.findall(r'Script\("(\w+)", "(\w+)"\)', module.read_text())
    }
    assert used == {str(file.relative_to(SOURCES)) for file in FILES}
    assert len(used) > 20


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_begins_with_what_it_does_and_works_on(file: object) -> None:
    package, name = str(file).removesuffix(".lua").rsplit("/", 2)[1:]
    script = Script(package, name)
    head, _, body = script.text.partition("\n\n")
    assert all(line.startswith("--") for line in head.splitlines())
    assert "-- KEYS: 1 " in head
    assert ("ARGV[" in body) == ("-- ARGV: 1 " in head)
    assert "redis.call(" in body
    assert script.sha == hashlib.sha1(script.text.encode(), usedforsecurity=False).hexdigest()
