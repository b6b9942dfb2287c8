"""The commands and settings that the documents name are those that there are, also where a block is not run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from tests.harness import ROOT
from tests.support.pages import COMMANDS, Block, blocks_of, pages
from touchline.cli import main
from touchline.settings import load

BLOCKS = [block for page in pages() for block in blocks_of(page)]
CALL = re.compile(r"(?:^|[ (])(?P<how>\S*/bin/touchline|docker compose exec app touchline|touchline) (?P<what>[^|;)]*)")
WAYS = (".venv/bin/touchline", "/opt/touchline/.venv/bin/touchline", "docker compose exec app touchline")


def calls(block: Block) -> Iterator[tuple[str, list[str]]]:
    """How `touchline` is called in a block, and with what."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("#"):
            continue
        for call in CALL.finditer(line):
            yield call["how"], shlex.split(call["what"], comments=True)


def command_of(words: list[str]) -> click.Command:
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:  # `backup DIR` beside `backup verify DIR`
            assert command is not main, words
            break
        command = found
    return command


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in COMMANDS], ids=str)
def test_commands_are_called_in_one_way_and_have_these_options(block: Block) -> None:
    for how, words in calls(block):
        assert how in WAYS
        command = command_of(words)
        known = {option for one in command.params for option in one.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def test_there_are_commands_in_the_documents() -> None:
    assert sum(1 for block in BLOCKS if block.language in COMMANDS for _ in calls(block)) > 20


def test_every_command_is_in_its_reference_with_its_options() -> None:
    lines = [line for line in (ROOT / "docs/reference/cli.md").read_text().splitlines() if line.startswith("| `")]
    named: dict[str, set[str]] = {}
    for line in lines:
        command = re.match(r"\| `touchline ([a-z-]+)", line)
        assert command is not None, line
        named.setdefault(command[1], set()).update(re.findall(r"--[a-z-]+", line))
    listed = {name: main.get_command(click.Context(main), name) for name in main.list_commands(click.Context(main))}
    assert set(named) == {name for name, command in listed.items() if command is not None and not command.hidden}
    for name, options in named.items():
        known = {option for one in every(listed[name]) for option in one.opts if option.startswith("--")}
        assert options <= known, name


def every(command: click.Command | None) -> Iterator[click.Parameter]:
    """The parameters of a command and of those below it."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from every(command.get_command(click.Context(command), name))
    if command is not None:
        yield from command.params


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "properties"], ids=str)
def test_settings_that_are_shown_are_accepted(block: Block) -> None:
    load(dict(line.split("=", 1) for line in block.text.splitlines()))


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.note.startswith("not run")], ids=str)
def test_a_block_that_is_not_run_says_why(block: Block) -> None:
    assert re.match(r"not run, because \w+ .{8,}", block.note)
