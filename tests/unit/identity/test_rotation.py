"""What a refresh token is worth, and who can read its successor."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from identity.rotation import (
    GRACE_MS,
    IDLE_MS,
    LOGIN_MS,
    SKEW_MS,
    Verdict,
    decrypt_successor,
    digest,
    encrypt_successor,
    expiry,
    judge,
)

times = st.integers(0, 2 * LOGIN_MS)


@given(st.none() | times, times, times, times)
def test_every_token_has_one_worth(used: int | None, expires: int, ends: int, now: int) -> None:
    verdict = judge(used_ms=used, expires_ms=expires, ends_ms=ends, now_ms=now)
    lately = used is not None and -SKEW_MS <= now - used <= GRACE_MS
    alive = now < expires and now < ends
    assert (verdict is Verdict.THEFT) == (used is not None and not lately)
    assert (verdict is Verdict.TRADE) == (used is None and alive)
    assert (verdict is Verdict.REPEAT) == (lately and alive)


def test_the_grace_ends_after_thirty_seconds() -> None:
    def of(age: int) -> Verdict:
        return judge(used_ms=10**6, expires_ms=10**9, ends_ms=10**9, now_ms=10**6 + age)

    assert [of(age) for age in (-30_001, -30_000, 0, 30_000, 30_001)] == [
        Verdict.THEFT, Verdict.REPEAT, Verdict.REPEAT, Verdict.REPEAT, Verdict.THEFT,
    ]  # fmt: skip


@given(times, times)
def test_no_token_outlives_its_login(ends: int, now: int) -> None:
    assert expiry(ends_ms=ends, now_ms=now) == min(now + IDLE_MS, ends)


@given(st.text(), st.text(), st.text(st.characters(exclude_categories=["Cs"])))
def test_only_the_old_token_uncovers_the_successor(token: str, other: str, successor: str) -> None:
    token, other = token.encode("utf-8", "replace").decode(), other.encode("utf-8", "replace").decode()
    covered = encrypt_successor(token, successor)
    assert decrypt_successor(token, covered) == successor
    assert (decrypt_successor(other, covered) == successor) == (token == other)
    assert decrypt_successor(digest(token), covered) is None, "what is stored does not open it"
    assert decrypt_successor(token, covered[:-1] + bytes([covered[-1] ^ 1])) is None
    assert decrypt_successor(token, b"") is None
