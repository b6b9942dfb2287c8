"""The command line: `touchline --help` teaches it."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, cast

import click


class _Entry(NamedTuple):
    """Where a command is, and its line in the list; a command without one is not listed."""

    place: str
    summary: str = ""


_COMMANDS = {
    "serve": _Entry("serve:serve", "Run the gateway: pages, API, sockets and the source port."),
    "check-config": _Entry("configuration:check_config", "Show the settings, with what is wrong about them."),
    "doctor": _Entry("doctor:doctor", "Look whether everything that Touchline needs is here and answers."),
    "create-user": _Entry("people:create_user", "Add an account."),
    "set-password": _Entry("people:set_password", "Set an account's password; all its sessions end."),
    "set-role": _Entry("people:set_role", "Change what an account may do, also where it is signed in."),
    "disable-user": _Entry("people:disable_user", "Refuse an account from now on; all its sessions end."),
    "enable-user": _Entry("people:enable_user", "Let a disabled account sign in again."),
    "end-sessions": _Entry("people:end_sessions", "Sign an account out everywhere."),
    "create-channel": _Entry("channels:create_channel", "Add a channel, and print where sound is sent."),
    "replay": _Entry("matches:replay", "Play a recorded match into a server."),
    "simulate": _Entry("matches:simulate", "Play an invented match into a server, or into Kafka."),
    "backup": _Entry("backup:backup", "Take a backup, also while the server runs; try one out."),
    "restore": _Entry("backup:restore", "Restore a backup; no server may run on that database."),
    "migrate": _Entry("database:migrate", "Bring the database up to date (`serve` does it by itself)."),
    "export-contracts": _Entry("contracts:export_contracts", "Write AsyncAPI, OpenAPI, JSON Schema and TypeScript."),
    "bench": _Entry("bench:bench", "Measure the gateway."),
    "demo": _Entry("serve:demo"),
    "make-migration": _Entry("database:make_migration"),
}


class _Commands(click.Group):
    """Loads the command that is asked for and no other: all of them together take seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """The names, in the order of a station's life."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command of a name."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].place.partition(":")
        return cast("click.Command", getattr(import_module(f"touchline.commands.{module}"), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """The list for `--help`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in _COMMANDS.items() if entry.summary])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="touchline")
def main() -> None:
    """Touchline: live sports radio with live scores, as one gateway.

    A first look:  touchline serve --demo
    Settings are environment variables TOUCHLINE_*; `touchline check-config` shows them.
    """
