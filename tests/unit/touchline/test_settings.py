"""Settings: nothing misspelt, weak or wrong gets past the start, and everything is said at once."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from realtime.transport_limits import TransportLimits
from tests.harness import ROOT
from touchline.settings import Settings, SettingsError, load, with_secret

STRONG = "9f2c4b7e1d8a3f6059c2e7b4d1a8f3c6"


def problems(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load({f"TOUCHLINE_{name}": value for name, value in variables.items()})
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_without_any_variable_everything_has_a_default() -> None:
    settings = load({"HOME": "/", "TOUCH": "x", "touchline_port": "1"})
    assert settings == Settings()
    assert (settings.production, settings.json_logs, settings.source_port) == (False, False, 8005)
    assert settings.effective_database_url.startswith("sqlite:///")
    with pytest.raises(FrozenInstanceError):
        settings.env = "production"  # type: ignore[misc]


def test_every_variable_is_read() -> None:
    given = {
        "ENV": "production", "DATA_DIR": "~/radio", "DATABASE_URL": "postgresql://u:p@h/n", "REDIS_URL": "redis://h/0",
        "SECRET_KEY": STRONG, "SOURCE_HOST": "192.0.2.1", "SOURCE_PORT": "0", "PUBLIC_URL": "https://r.example/",
        "ALLOWED_ORIGINS": "https://a/, https://b,,", "TRUSTED_PROXIES": "10.0.0.1", "LOG_LEVEL": "debug",
        "LOG_FORMAT": "pretty", "PING_INTERVAL": "20", "PING_TIMEOUT": "2.5", "CONNECTS_PER_SECOND": "50",
        "CONNECTIONS_PER_ADDRESS": "7", "MAX_MESSAGE": "128k", "UNSENT_PER_CONNECTION": "2M",
        "UNSENT_PER_WORKER": "1GiB", "KAFKA_URL": "kafka://a:1,b", "KAFKA_TOPIC": "scores", "KAFKA_GROUP": "west",
        "FEEDS_FILE": "/srv/feeds.toml", "WORKER_TIMEOUT": "30", "DATABASE_TIMEOUT": "3",
        "FEEDS_ALLOW_PRIVATE": "yes", "FEEDS_PORTS": "443, 8443",
    }  # fmt: skip
    settings = load({f"TOUCHLINE_{name}": value for name, value in given.items()})
    assert {name.lower() for name in given} == {field.name for field in fields(Settings)}, "one for each"
    assert settings == Settings(
        env="production", data_dir=Path("~/radio").expanduser(), database_url="postgresql://u:p@h/n",
        redis_url="redis://h/0", secret_key=STRONG, source_host="192.0.2.1", source_port=0,
        public_url="https://r.example", allowed_origins=("https://a", "https://b"), trusted_proxies=("10.0.0.1",),
        log_level="debug", log_format="pretty", ping_interval=20, ping_timeout=2.5, connects_per_second=50,
        connections_per_address=7, max_message=131072, unsent_per_connection=2097152, unsent_per_worker=1073741824,
        kafka_url="kafka://a:1,b", kafka_topic="scores", kafka_group="west",
        feeds_file=Path("/srv/feeds.toml"), feeds_allow_private=True, feeds_ports=(443, 8443), worker_timeout=30,
        database_timeout=3,
    )  # fmt: skip
    assert settings.json_logs is False
    assert load({"TOUCHLINE_ENV": "production", "TOUCHLINE_SECRET_KEY": STRONG}).json_logs is True


def test_an_unknown_name_is_fatal_with_a_hint() -> None:
    assert problems(REDIS_URI="redis://h") == [
        "TOUCHLINE_REDIS_URI is not a setting. Did you mean TOUCHLINE_REDIS_URL?"
    ]
    (far,) = problems(XYZZY="1")
    assert "TOUCHLINE_DATA_DIR" in far


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        ENV="production", SOURCE_PORT="70000", LOG_LEVEL="loud", DATABASE_URL="mysql://h", REDIS_URL="h",
        PUBLIC_URL="x", DATADIR="x",
    )  # fmt: skip
    named = ["DATABASE_URL", "DATADIR", "LOG_LEVEL", "PUBLIC_URL", "REDIS_URL", "SECRET_KEY", "SOURCE_PORT"]
    assert sorted(problem.removeprefix("TOUCHLINE_").split(":")[0].split()[0] for problem in found) == named


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "8005.0", "²"])
def test_a_port_is_a_number(port: str) -> None:
    assert "SOURCE_PORT" in problems(SOURCE_PORT=port)[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("PING_INTERVAL", "0"), ("PING_TIMEOUT", "nan"), ("PING_INTERVAL", "25s"), ("CONNECTS_PER_SECOND", "inf"),
     ("CONNECTIONS_PER_ADDRESS", "0"), ("CONNECTIONS_PER_ADDRESS", "1.5"), ("MAX_MESSAGE", "1000"),
     ("MAX_MESSAGE", "1T"), ("MAX_MESSAGE", "64 apples"), ("UNSENT_PER_CONNECTION", "-1"), ("UNSENT_PER_WORKER", "")],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_is_told_with_what_would(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"TOUCHLINE_{name}: ")
    assert " from " in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [("KAFKA_URL", "http://a"), ("KAFKA_URL", "kafka://a:port"), ("KAFKA_TOPIC", "a topic"), ("KAFKA_GROUP", "")],
)
def test_brokers_and_topics_are_checked_before_anything_starts(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"TOUCHLINE_{name}: ")


def test_brokers_may_be_left_out_or_named_with_a_password() -> None:
    assert load({"TOUCHLINE_KAFKA_URL": ""}).kafka_url == ""
    url = "kafkas://me:p%40ss@a:9093,b:9093?mechanism=SCRAM-SHA-256"
    assert load({"TOUCHLINE_KAFKA_URL": url}).kafka_url == url


def test_limits_that_contradict_each_other_are_told() -> None:
    found = problems(PING_INTERVAL="10", UNSENT_PER_CONNECTION="2M", UNSENT_PER_WORKER="1M")
    assert found == [
        "TOUCHLINE_PING_TIMEOUT (20) is longer than TOUCHLINE_PING_INTERVAL (10).",
        "TOUCHLINE_UNSENT_PER_CONNECTION (2M) is more than TOUCHLINE_UNSENT_PER_WORKER (1M).",
    ]


def test_limits_reach_the_transport() -> None:
    assert Settings().limits == TransportLimits()
    limits = Settings(ping_interval=9, ping_timeout=3, connects_per_second=5, connections_per_address=2).limits
    assert (limits.ping_interval, limits.ping_timeout, limits.connects_burst, limits.per_address) == (9, 3, 5, 2)


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 40, "change-me-change-me-change-me-change-me", "my-touchline-radio-4f9a8c7b6d5e3f2a1b0c"]
)
def test_production_refuses_a_secret_that_can_be_guessed(key: str) -> None:
    (problem,) = problems(ENV="production", **({"SECRET_KEY": key} if key else {}))
    assert "TOUCHLINE_SECRET_KEY" in problem
    assert "openssl rand" in problem
    assert len(key) < 6 or key not in problem, "the key itself is never shown"


def test_production_takes_a_strong_one_and_development_any_long_one() -> None:
    load({"TOUCHLINE_ENV": "production", "TOUCHLINE_SECRET_KEY": STRONG})
    load({"TOUCHLINE_SECRET_KEY": "a" * 32})
    assert "shorter" in problems(SECRET_KEY="a" * 31)[0]


def test_the_generated_secret_is_private_strong_and_stays(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    first = with_secret(settings)
    path = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text() == first.secret_key
    assert with_secret(settings) == first
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]
    load({"TOUCHLINE_ENV": "production", "TOUCHLINE_SECRET_KEY": first.secret_key})
    assert with_secret(Settings(secret_key=STRONG)).secret_key == STRONG
    assert with_secret(Settings(data_dir=tmp_path / "other")).secret_key != first.secret_key


def test_several_starts_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: _secret_of_a_process(tmp_path), range(4)))
    assert len(set(keys)) == 1
    assert len(keys[0]) >= 32


def _secret_of_a_process(directory: Path) -> str:
    program = (
        "from pathlib import Path; from touchline.settings import *; import sys;"
        "print(with_secret(Settings(data_dir=Path(sys.argv[1]))).secret_key)"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(directory)], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_the_reference_page_tells_every_variable_and_no_other() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    told = {row.split("`")[1] for row in page.splitlines() if row.startswith("| `TOUCHLINE_")}
    assert told == {f"TOUCHLINE_{field.name.upper()}" for field in fields(Settings)}
    assert all(field.metadata["doc"].endswith(".") for field in fields(Settings))
