"""A match's row is changed in `matches.writer` alone: only there its version is bumped and its followers are told."""

from __future__ import annotations

import ast
from pathlib import Path

import matches
from matches.storage.models import MatchRow

PACKAGE = Path(matches.__file__).parent
SOURCES = PACKAGE.parent

COLUMNS = frozenset(column.name for column in MatchRow.__table__.columns) - {"id"}
"""What only the writer may assign; the id is never changed."""

STATEMENTS = ("update", "insert")
"""SQLAlchemy's functions that change rows without loading them."""


def assigned(node: ast.AST) -> list[ast.Attribute]:
    """The attributes of other objects that a statement assigns."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    else:
        return []
    found = [one for target in targets for one in ast.walk(target) if isinstance(one, ast.Attribute)]
    return [one for one in found if isinstance(one.ctx, ast.Store) and ast.unparse(one.value) != "self"]


def changes(source: str) -> list[str]:
    """What in a module changes or makes rows of matches."""
    found = []
    for node in ast.walk(ast.parse(source)):
        found += [ast.unparse(one) for one in assigned(node) if one.attr in COLUMNS]
        if isinstance(node, ast.Call):
            called, given = ast.unparse(node.func), [ast.unparse(one) for one in node.args]
            named = called in ("setattr", "MatchRow") or (called in STATEMENTS and given[:1] == ["MatchRow"])
            found += [ast.unparse(node)] if named else []
    return found


def test_the_check_sees_every_way_to_change_a_row() -> None:
    ways = [
        "row.version += 1", "row.state, row.seq = state, seq", "match.place: int = 3", "setattr(row, 'venue', None)",
        "update(MatchRow).values(version=2)", "MatchRow(id='m')", "(first, (second.status, third)) = told",
    ]  # fmt: skip
    assert [way for way in ways if not changes(way)] == []
    assert changes("version = row.version\nself.seq = 3\nupdate(MatchEventRow)") == []


def test_nothing_but_the_writer_changes_a_match() -> None:
    found = {str(file.relative_to(PACKAGE)): changes(file.read_text()) for file in PACKAGE.rglob("*.py")}
    del found["writer.py"]
    alerts = found.pop("alerts/repository.py")  # alerts change rows of their own, which have columns of these names
    assert {name: ways for name, ways in found.items() if ways} == {}
    assert not [way for way in alerts if way.endswith(("version", "place", "state", "status", "seq"))]


def test_nobody_outside_matches_has_a_row_in_hand() -> None:
    others = [file for file in SOURCES.rglob("*.py") if not file.is_relative_to(PACKAGE)]
    found = {str(file.relative_to(SOURCES)) for file in others if "matches.storage" in file.read_text()}
    assert found == {"touchline/migrate.py", "scoring/sports/shared/setup.py"}, "tables for Alembic, and a docstring"


def test_the_version_is_bumped_in_one_place() -> None:
    bumps = [way for way in changes((PACKAGE / "writer.py").read_text()) if way.endswith(".version")]
    assert bumps == ["row.version"]
