"""What of the settings is in a backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.backup.take import settings_without_secrets
from touchline.settings import Settings

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("database_url", f"postgresql://ann:{SECRET}@db/radio", "postgresql://ann:***@db/radio"),
        (
            "database_url",
            f"postgresql://db/radio?password={SECRET}&ssl=on",
            "postgresql://db/radio?password=***&ssl=on",
        ),
        ("database_url", f"postgresql://ann:p:{SECRET}@db/radio", "postgresql://ann:***@db/radio"),
        ("redis_url", f"redis://:x@/{SECRET}@h:6379/0", "redis://:***@h:6379/0"),
        ("redis_url", f"redis://:{SECRET}@h:6379/0", "redis://:***@h:6379/0"),
        ("redis_url", f"rediss://h/0?ssl_password={SECRET}", "rediss://h/0?ssl_password=***"),
        ("kafka_url", f"kafkas://u:{SECRET}@a:1,b:2", "kafkas://u:***@a:1,b:2"),
        ("secret_key", SECRET, "***"),
        ("public_url", "https://radio.example", "https://radio.example"),
        ("allowed_origins", ("https://a", "https://b"), "https://a,https://b"),
        ("data_dir", Path("/srv/touchline"), "/srv/touchline"),
    ],
)
def test_settings_are_shown_without_secrets(field: str, value: object, shown: str) -> None:
    text = settings_without_secrets(Settings(**{field: value}))  # type: ignore[arg-type]
    assert SECRET not in text
    assert text.splitlines()[1:] == [f"TOUCHLINE_{field.upper()}={shown}"]


def test_what_is_the_default_is_left_out() -> None:
    assert len(settings_without_secrets(Settings()).splitlines()) == 1
