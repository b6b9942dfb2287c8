"""The codes that clients see: each is one constant, has a status over REST, and is told in the documents."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kit import codes, errors
from tests.harness import ROOT
from touchline.problems import STATUS

# Words that mean something else where they stand.
_OTHER_MEANINGS = {
    "src/kit/security.py": "what is noted in the log",
    "src/monitoring/health.py": "how it stands with a worker",
    "src/realtime/refusals.py": "what refused connections are counted under",
    "src/realtime/sse.py": "the events of a stream itself",
}


def literals(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_code_is_written_once() -> None:
    found = {
        name: words
        for path in sorted((ROOT / "src").glob("**/*.py"))
        if (name := str(path.relative_to(ROOT))) != "src/kit/codes.py" and name not in _OTHER_MEANINGS
        if (words := literals(path) & (codes.ERRORS | codes.CLOSINGS))
    }
    assert found == {}


def test_every_error_has_a_code_and_every_code_a_status() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert {kind.code for kind in kinds if issubclass(kind, errors.DomainError)} == codes.ERRORS
    assert STATUS.keys() == codes.ERRORS


@pytest.mark.parametrize(
    ("document", "told"),
    [("docs/reference/events.md", codes.ERRORS), ("docs/realtime.md", codes.CLOSINGS)],
)
def test_the_documents_tell_every_code(document: str, told: frozenset[str]) -> None:
    text = (ROOT / document).read_text()
    assert [code for code in sorted(told) if f"`{code}`" not in text] == []
