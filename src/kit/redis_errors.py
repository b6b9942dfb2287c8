"""Which errors of Redis are outages, and why it does not do what it is asked; all others are mistakes of ours."""

from __future__ import annotations

import re

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterError,
    MasterDownError,
    MaxConnectionsError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

_REFUSES = "it refuses our user or password"
_CLUSTER = "its cluster is not whole"

_KINDS: tuple[tuple[type[RedisError], str], ...] = (
    (OutOfMemoryError, "it is out of memory"),
    (ReadOnlyError, "it is read-only"),
    (BusyLoadingError, "it is loading its data"),
    (AuthenticationError, _REFUSES),
    (AuthorizationError, _REFUSES),
    (NoPermissionError, _REFUSES),
    (MasterDownError, _CLUSTER),
    (ClusterError, _CLUSTER),
    (MaxConnectionsError, "all connections are in use"),
    (RedisTimeoutError, "it did not answer in time"),
)

# The words that begin an error of Redis; in an error of a script they stand in the middle.
_WORDS = {
    "OOM": "it is out of memory",
    "READONLY": "it is read-only",
    "MISCONF": "it cannot write to its disk",
    "LOADING": "it is loading its data",
    "BUSY": "a script keeps it busy",
    "MASTERDOWN": _CLUSTER,
    "CLUSTERDOWN": _CLUSTER,
    "TRYAGAIN": _CLUSTER,
    "NOREPLICAS": "it has too few replicas",
    "NOAUTH": _REFUSES,
    "NOPERM": _REFUSES,
    "WRONGPASS": _REFUSES,
    "max number of clients reached": "it has too many clients",
}
AWAY_FOR_WRITES = frozenset({"it is out of memory", "it is read-only", "it cannot write to its disk"})
"""Reasons for which it answers, and takes in nothing."""

_WORD = re.compile(r"(?:^|[\s'\"-])(" + "|".join(map(re.escape, _WORDS)) + r")(?=[\s.,'\"]|$)")


def redis_outage(error: BaseException) -> str | None:
    """Why Redis did not do what it was asked: a clause about it. None for a mistake of ours."""
    for kind, reason in _KINDS:
        if isinstance(error, kind):
            return reason
    if isinstance(error, ResponseError | RedisConnectionError) and (found := _WORD.search(str(error))):
        return _WORDS[found[1]]
    if isinstance(error, RedisConnectionError | OSError):
        return f"it cannot be reached ({str(error)[:200] or type(error).__name__})"
    return None
