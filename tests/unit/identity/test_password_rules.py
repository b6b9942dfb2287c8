"""Which passwords are refused, and with which words."""

from __future__ import annotations

import secrets

import pytest

from identity.password_rules import check_password, fold, is_common
from kit.errors import InvalidPayload

OWN = ("annabelle.vale@example.org", "Annabelle Vale")


def refusal(password: str) -> str:
    with pytest.raises(InvalidPayload) as caught:
        check_password(password, own=OWN)
    return caught.value.message


@pytest.mark.parametrize(
    "password",
    ["0123456789", "1234567890", "password123", "PassWord123", "iloveyou123", "qwertyuiop", "1q2w3e4r5t",
     "qwerty123456", "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44123", "passwordpassword",
     "9876543210", "football123"],
)  # fmt: skip
def test_common_ones(password: str) -> None:
    assert "most common" in refusal(password)


@pytest.mark.parametrize(
    "password",
    [
        "zzyyzzyyzzyyz",
        "kjwqkjwqkjwqkj",
        "jihgfedcbazyxw",
        "!@#$%^&*()!@#$",
        "poiuytrewqpoiu",
        "яяяяяяяяяяяя",
        "7777788888777",
    ],
)
def test_patterns(password: str) -> None:
    assert "pattern" in refusal(password)


@pytest.mark.parametrize(
    "password", ["annabelle.vale@example.org", "Annabelle1985", "xxannabelle!", "touchline2026", "AnnabelleVale1"]
)
def test_ones_own_name(password: str) -> None:
    assert "name" in refusal(password)


@pytest.mark.parametrize("password", ["", "short", "123456789", "ä" * 9])
def test_short_ones(password: str) -> None:
    assert "at least 10" in refusal(password)


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "the quick brown fox", "Пароль из четырёх слов", "パスワード四つの言葉です",
     "k7$mmqv92xLp",
     "a good long secret", "  spaces   count ", "valentine sings at nine", "x" * 5 + "correct horse"],
)  # fmt: skip
def test_good_ones(password: str) -> None:
    check_password(password, own=OWN)


def test_hardly_any_good_one_is_taken_for_common() -> None:
    taken = sum(is_common(fold(secrets.token_hex(8))) for _ in range(20_000))
    assert taken <= 10  # 0.3 are to be expected; more than 10 come once in 10 ^ 13 runs
