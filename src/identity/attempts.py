"""How often somebody may be wrong about a password.

Only failures count. What is counted closest is one account from one network: whoever is wrong there too often waits,
also with the right password. Failures on one account from everywhere, and from one network on all accounts, lock nobody
out: they make every such pair slow, so that a guesser with many addresses, or with many accounts, has one guess for
each in a quarter of an hour, and the right person still gets in with the first try.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn
from weakref import WeakValueDictionary

from kit import security
from kit.addresses import network_of
from kit.errors import DomainError, RateLimited
from kit.rate_limits import Rate, RateLimiter

PER_PAIR = Rate(5, per=60)
PER_PAIR_UNDER_PRESSURE = Rate(1, per=15 * 60)
PER_ACCOUNT = Rate(50, per=60 * 60)
PER_NETWORK = Rate(30, per=60)
_TOO_MANY = "Too many failed attempts to sign in; wait a moment."


class LoginAttempts:
    """Counts the failures of signing in, over all workers."""

    def __init__(self, rate_limiter: RateLimiter) -> None:
        self._rate_limiter = rate_limiter
        # As many as there are attempts at this moment: those of one pair wait for each other, so that none of many
        # at once slips through before the others have failed.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, email: str, address: str) -> AsyncIterator[LoginAttempt]:
        """One attempt at the account of an e-mail address (in lower case), from a network address.

        Raises:
            RateLimited: This account had too many failures from there; nothing is checked.
        """
        attempt = LoginAttempt(self._rate_limiter, account=account_key(email), network=network_of(address))
        turn = self._turns.setdefault(attempt.pair, asyncio.Lock())
        async with turn:
            await attempt.admit()
            yield attempt


class LoginAttempt:
    """One attempt; `failed` tells that the password was wrong."""

    def __init__(self, rate_limiter: RateLimiter, *, account: str, network: str) -> None:
        self._rate_limiter = rate_limiter
        self._who, self._where = account, network
        self._network = f"login:network:{network}"
        self._account = f"login:account:{account}"
        self.pair = f"login:pair:{account}:{network}"

    async def admit(self) -> None:
        """Raise `RateLimited` for a pair that has to wait."""
        wait = await self._rate_limiter.peek_key(self.pair, PER_PAIR)
        if wait is None and await self._under_pressure():
            wait = await self._rate_limiter.peek_key(f"{self.pair}:slow", PER_PAIR_UNDER_PRESSURE)
        if wait is not None:
            security.refused("sign-in", outcome="too many failures", account=self._who, address=self._where)
            raise RateLimited(_TOO_MANY, retry_after=wait)

    async def failed(self, error: DomainError) -> NoReturn:
        """Count a failure, and raise the error; `RateLimited` where this network or account had many."""
        waits = [
            await self._rate_limiter.hit_key(self._network, PER_NETWORK),
            await self._rate_limiter.hit_key(self._account, PER_ACCOUNT),
        ]
        await self._rate_limiter.hit_key(self.pair, PER_PAIR)
        await self._rate_limiter.hit_key(f"{self.pair}:slow", PER_PAIR_UNDER_PRESSURE)
        longest = max((wait for wait in waits if wait is not None), default=None)
        if longest is not None:
            raise RateLimited(_TOO_MANY, retry_after=longest)
        raise error

    async def _under_pressure(self) -> bool:
        return (
            await self._rate_limiter.peek_key(self._network, PER_NETWORK) is not None
            or await self._rate_limiter.peek_key(self._account, PER_ACCOUNT) is not None
        )


def account_key(email: str) -> str:
    """An e-mail address as it may stand in Redis and in the log: a hash, the same for known and unknown ones."""
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()[:32]
