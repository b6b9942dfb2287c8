"""What the documents list is what there is: events, decisions, places in the code, terms, links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from kit.contracts import Policy
from kit.gateway import EventSpec
from kit.session import ANYONE, SIGNED_IN, Role
from tests.harness import ROOT
from tests.support.pages import pages
from touchline.app import NOWHERE, Application, build_app
from touchline.settings import Settings

DOCS = ROOT / "docs"
KINDS = {"recoverable": Policy.RECOVERABLE, "latest wins": Policy.LATEST_WINS, "control": Policy.CONTROL}
WHO = {
    "all": ANYONE, "listener": SIGNED_IN, "signed in": SIGNED_IN, "owner": frozenset({Role.OWNER}),
    "admin": frozenset({Role.ADMIN}), "owner, admin": frozenset({Role.OWNER, Role.ADMIN}),
}  # fmt: skip


def rows(page: Path, heading: str) -> Iterator[list[str]]:
    """The cells of the first table below a heading, without its head."""
    lines = page.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0].splitlines()
    for line in [line for line in lines if line.startswith("|")][2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def code(cell: str) -> list[str]:
    """What a cell shows as code."""
    return re.findall(r"`([^`]*)`", cell)


@cache
def app() -> Application:
    return build_app(Settings(redis_url=NOWHERE, secret_key="x" * 32))


def test_every_event_of_clients_is_listed_with_who_may_and_what_it_takes() -> None:
    listed = set()
    for names, who, payload, *_ in rows(DOCS / "reference/events.md", "From clients"):
        for name in code(names):
            listed.add(name)
            spec = app().dispatcher.specs[name]
            assert spec.roles == WHO[who], name
            if "](" not in payload:
                assert fields_shown(payload, name) == fields(spec), name
    assert listed == set(app().dispatcher.specs)


def fields_shown(payload: str, name: str) -> dict[str, bool]:
    """The fields that a cell shows, and whether each has to be there; an example in brackets is none."""
    shown = re.sub(r"\([^)]*\)", "", payload)
    optional = "any of" in shown
    found = {}
    for number, words in enumerate(code(shown)):
        for word in re.split(r"[, ]+", words.strip(", ")):
            found[word.rstrip("?")] = not word.endswith("?") and not (optional and number > 0)
    assert all(re.fullmatch(r"[A-Za-z]+", field) for field in found), name
    return found


def fields(spec: EventSpec) -> dict[str, bool]:
    return {one.encode_name: one.required for one in msgspec.structs.fields(spec.payload)} if spec.payload else {}


def test_every_event_of_the_server_is_listed_with_its_policy() -> None:
    listed = {}
    for names, _, kind in rows(DOCS / "reference/events.md", "From the server"):
        listed |= dict.fromkeys([name for name in code(names) if ":" in name], KINDS[kind])
    assert listed == {event.name: event.policy for event in app().events}


def test_every_decision_is_in_the_index_under_its_title() -> None:
    listed = dict(re.findall(r"^\| \[\d+\]\(([^)]*)\) \| (.*) \|$", (DOCS / "adr/index.md").read_text(), re.MULTILINE))
    written = {
        path.name: re.sub(r"^# (ADR )?\d+[.:]? *", "", path.read_text().splitlines()[0])
        for path in sorted((DOCS / "adr").glob("0*.md"))
    }
    assert {name: re.sub(r" \(superseded by \d+\)$", "", title) for name, title in listed.items()} == written
    assert [int(name[:4]) for name in written] == list(range(1, len(written) + 1))
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert all(f"- adr/{name}\n" in navigation for name in written)


def names_in(path: Path) -> set[str]:
    """The names that a file of code defines: functions, classes, methods, constants; `A.b` for those in a class."""
    if path.suffix == ".py":
        return set(_defined(ast.parse(path.read_text()).body, ""))
    return set(re.findall(r"[A-Za-z_]\w*", path.read_text()))


def _defined(body: list[ast.stmt], within: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield within + node.name
            if isinstance(node, ast.ClassDef):
                yield from _defined(node.body, f"{node.name}.")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (within + target.id for target in targets if isinstance(target, ast.Name))


PLACE = re.compile(
    r"^(?P<path>(?:src|web|tests|docs|migrations|scripts|bench|deploy)/[\w./-]+)(?:::(?P<name>[\w.]+))?$"
)


def check_place(place: str) -> None:
    """That a path, and a name in it after `::`, is there."""
    found = PLACE.match(place)
    assert found is not None, place
    path = ROOT / found["path"]
    assert path.exists(), place
    if found["name"]:
        assert found["name"] in names_in(path), place


def test_every_line_is_where_the_architecture_says() -> None:
    asked = 0
    for area in ("realtime", "matches", "audio"):
        for question, places in rows(DOCS / "explanation/architecture.md", f"Where is … ({area})"):
            asked += 1
            assert code(places), question
            for place in code(places):
                check_place(place)
    assert asked >= 14


def test_the_files_of_the_engine_are_those_that_its_page_names() -> None:
    cells = " ".join(cell for row in rows(DOCS / "realtime.md", "The code") for cell in row)
    listed = {name for name in code(cells) if name.endswith((".py", ".lua")) and "/" not in name}
    assert len(listed) > 15
    assert {name for name in listed if not (ROOT / "src/realtime" / name).exists()} == set()


@pytest.mark.parametrize("page", ["match-event", "sound", "chat-message"])
def test_a_narrated_page_names_what_there_is(page: str) -> None:
    text = re.sub(r"```.*?```", "", (DOCS / f"explanation/{page}.md").read_text(), flags=re.DOTALL)
    places = [place for place in code(text) if PLACE.match(place)]
    assert len(places) > 8
    for place in places:
        check_place(place)


def test_every_term_of_the_glossary_is_where_it_says() -> None:
    terms = []
    for line in (DOCS / "reference/glossary.md").read_text().splitlines():
        if not line.startswith("| **"):
            continue
        term, _, places = (cell.strip() for cell in line.strip("|").split(" | "))
        terms.append(term.strip("*").lower())
        for place in code(places):
            check_place(place)
    assert len(terms) > 80
    assert len(terms) == len(set(terms))


def test_the_glossary_is_linked_where_people_begin() -> None:
    assert "docs/reference/glossary.md" in (ROOT / "CONTRIBUTING.md").read_text()
    for package in sorted((ROOT / "src").glob("*/__init__.py")):
        assert "docs/reference/glossary.md" in package.read_text(), package


@pytest.mark.parametrize("page", [page for page in pages() if page.parent == ROOT], ids=lambda page: page.name)
def test_links_of_the_pages_that_are_not_built_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if link.startswith(("http", "mailto")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, link
