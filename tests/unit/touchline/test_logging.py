"""Log lines: one form, with the request's id, and without what was in local variables."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from kit import security
from touchline import logging as touchline_logging

HIDDEN = "hunter2-the-password"


@pytest.fixture
def configure() -> Iterator[Callable[..., io.StringIO]]:
    """Configures logging into a buffer, and puts everything back."""
    root = logging.getLogger()
    handlers, level, config = root.handlers, root.level, structlog.get_config()

    def start(*, json: bool, level: str = "info", **options: Any) -> io.StringIO:
        touchline_logging.configure(level=level, json=json, **options)
        (handler,) = root.handlers
        assert isinstance(handler, logging.StreamHandler)
        buffer = io.StringIO()
        handler.setStream(buffer)
        return buffer

    yield start
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


def fail_with_a_secret_in_hand() -> None:
    password = HIDDEN
    tokens = {"refresh": HIDDEN[::-1]}
    raise ZeroDivisionError(f"{len(password) + len(tokens)}")


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "pretty"])
@pytest.mark.parametrize("library", [True, False], ids=["library", "ours"])
def test_no_local_variable_gets_into_a_traceback(
    configure: Callable[..., io.StringIO], *, as_json: bool, library: bool
) -> None:
    buffer = configure(json=as_json)
    try:
        fail_with_a_secret_in_hand()
    except ZeroDivisionError:
        if library:
            logging.getLogger("some.library").exception("it failed")
        else:
            structlog.get_logger("touchline.test").exception("it failed")
    text = buffer.getvalue()
    assert "it failed" in text
    assert "ZeroDivisionError" in text
    assert "fail_with_a_secret_in_hand" in text
    assert HIDDEN not in text
    assert HIDDEN[::-1] not in text


def test_json_lines_have_the_same_form_whoever_writes_them(configure: Callable[..., io.StringIO]) -> None:
    buffer = configure(json=True)
    structlog.contextvars.bind_contextvars(request="r1")
    structlog.get_logger("ours").warning("one", channel="radio", text="a\nb ä")
    logging.getLogger("library").warning("two %s", "x")
    ours, theirs = [json.loads(line) for line in buffer.getvalue().splitlines()]
    assert (ours["event"], ours["level"], ours["logger"], ours["request"], ours["channel"], ours["text"]) == (
        "one", "warning", "ours", "r1", "radio", "a\nb ä",
    )  # fmt: skip
    assert (theirs["event"], theirs["level"], theirs["logger"], theirs["request"]) == (
        "two x", "warning", "library", "r1",
    )  # fmt: skip
    assert ours["timestamp"].endswith("Z")


HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\nfake [info] line \x9b31m\u202egnp.exe\u2028\x00"


@pytest.mark.parametrize("library", [True, False], ids=["library", "ours"])
def test_nothing_of_a_client_acts_on_the_terminal(configure: Callable[..., io.StringIO], *, library: bool) -> None:
    buffer = configure(json=False)
    structlog.contextvars.bind_contextvars(connection=HOSTILE)
    try:
        raise ValueError(HOSTILE)  # noqa: TRY301 - a message that holds what a client sent
    except ValueError:
        if library:
            logging.getLogger("some.library").exception("said %s", HOSTILE, extra={"sent": HOSTILE, "also": [HOSTILE]})
        else:
            structlog.get_logger("t").exception(HOSTILE, text=HOSTILE, raw=HOSTILE.encode(), more={"a": HOSTILE})
    written = buffer.getvalue()
    assert "\\x1b[2J" in written
    assert not set(written) & set("\x1b\x07\r\x9b\u202e\u2028\x00")
    if not library:
        assert "ValueError" in written
    own_lines = [line for line in written.splitlines() if line.startswith("fake [info]")]
    assert own_lines == ["fake [info] line \\x9b31m\\u202egnp.exe\\u2028\\x00"], "only within the traceback"


def test_writing_of_all_scripts_stays_readable(configure: Callable[..., io.StringIO]) -> None:
    buffer = configure(json=False)
    structlog.get_logger("t").warning("Grüße", name="Zoë 山田 محمد", count=3, on=True, none=None)
    assert "Grüße" in buffer.getvalue()
    assert "Zoë 山田 محمد" in buffer.getvalue()


def test_json_escapes_too(configure: Callable[..., io.StringIO]) -> None:
    buffer = configure(json=True)
    structlog.get_logger("t").warning(HOSTILE, text=HOSTILE)
    (line,) = buffer.getvalue().splitlines()
    assert line.isascii()
    assert not set(line) & set("\x1b\x07\r\x00")
    assert json.loads(line)["text"] == HOSTILE


def test_the_level_holds_and_chatty_libraries_are_quiet(configure: Callable[..., io.StringIO]) -> None:
    buffer = configure(json=True, level="info")
    structlog.get_logger("ours").debug("no")
    logging.getLogger("library").debug("no")
    logging.getLogger("httpx").info("no")
    logging.getLogger("uvicorn.error").info("no")
    structlog.get_logger("ours").info("yes")
    logging.getLogger("httpx").warning("yes")
    assert [json.loads(line)["event"] for line in buffer.getvalue().splitlines()] == ["yes", "yes"]


def test_what_is_refused_again_and_again_is_one_line_a_minute(configure: Callable[..., io.StringIO]) -> None:
    now = 1000.0
    buffer = configure(json=True, monotonic=lambda: now)

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in buffer.getvalue().splitlines()]

    for _ in range(3):
        security.refused("source", outcome="wrong password", address="192.0.2.1", target="/radio")
        security.note("refresh", outcome="ok", user="ann")
    security.refused("source", outcome="wrong password", address="192.0.2.2", target="/radio")
    assert [line["event"] for line in lines()] == ["source", "refresh", "refresh", "refresh", "source"]
    now += 60
    security.refused("source", outcome="wrong password", address="192.0.2.1", target="/radio")
    assert lines()[-1]["repeated"] == 2
    assert all("seldom" not in line for line in lines())
