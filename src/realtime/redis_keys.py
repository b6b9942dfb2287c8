"""The keys of the engine in Redis, and the scripts that work on them, each as one step.

All keys carry the hash tag `{rt}`, so they are on one shard of a cluster. A room's stream is named by the epoch too
(what an earlier epoch kept is never replayed in a later one), and the epoch is known only inside a script: that key
is therefore not among KEYS.
"""

from __future__ import annotations

from kit.lua import Script

STATE = "rt:{rt}:state"
"""Hash: `epoch`, `number` (of the newest recoverable event), `version` (of the newest latest-wins value), `run` (which
process of Redis serves this), `last_run` and `kept` (the process before, and the number it left), `clean` (the number
at the newest orderly stop of a worker); and of the database `generation`, `progress` and `outbox` (the highest number
of an event in its outbox that was published), see `realtime.lineage`."""
TAILS = "rt:{rt}:tails"
"""Sorted set: room -> number of its newest event. The member '' is the floor: rooms that are not in the set (any more)
have no event above it."""
CHANNEL = "rt:{rt}:say:"
STREAM = "rt:{rt}:room:"
LATEST = "rt:{rt}:latest:"
ONCE = "rt:{rt}:once:"
COPIES = "copy:"
"""Not of the engine: encoded answers by version (`kit.shared_cache`)."""


OPEN_EPOCH = Script("realtime", "open_epoch")
PUBLISH = Script("realtime", "publish")
READ_MISSED = Script("realtime", "read_missed")
NOTE_CLEAN_STOP = Script("realtime", "note_clean_stop")
NOTE_DATABASE = Script("realtime", "note_database")

ALL = (OPEN_EPOCH, PUBLISH, READ_MISSED, NOTE_CLEAN_STOP)
"""What a connection to Redis loads."""
