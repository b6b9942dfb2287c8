"""`touchline bench stress`: hundreds of listeners while everything under them breaks, and a check of every promise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.fanout import Outcome
from bench.procs import CannotMeasure, raise_limits, scratch
from bench.report import Progress, bar_chart, document
from bench.stress.plan import FAULTS, plan, possible
from bench.stress.run import CHANNELS, Stage, play
from bench.stress.verdict import bars, content, text

__all__ = ["stress"]


async def stress(
    *,
    seed: int,
    seconds: float,
    clients: int,
    workers: int,
    faults: Sequence[str],
    database: str,
    redis: str,
    keep: Path | None,
    tree: Path | None,
) -> Outcome:
    """Play the plan of a seed.

    Args:
        seed: Decides on all that chance decides.
        seconds: How long faults go on, about.
        clients: Listeners.
        workers: Processes that serve.
        faults: Kinds of `FAULTS`; none for all that these stores can have.
        database: One of `DATABASES`.
        redis: One of `REDISES`.
        keep: A directory for the logs of the gateway and Redis.
        tree: Another source tree, whose server it is.

    Raises:
        CannotMeasure: A fault is unknown, or one of another store; or something is missing here.
    """
    kinds = possible(database=database, redis=redis)
    if unknown := [kind for kind in faults if kind not in FAULTS]:
        raise CannotMeasure(f"There is no fault {unknown[0]}; there are {', '.join(FAULTS)}.")
    if foreign := [kind for kind in faults if kind not in kinds]:
        raise CannotMeasure(f"{foreign[0]} needs other stores than --database {database} --redis {redis}.")
    raise_limits()
    progress = Progress()
    chosen = plan(seed, clients=clients, seconds=seconds, channels=CHANNELS, workers=workers, kinds=faults or kinds)
    async with _directory(keep) as directory:
        stage = Stage(directory=directory, workers=workers, database=database, redis=redis, tree=tree)
        story = await play(chosen, stage, progress=progress)
    progress.done()
    parameters: dict[str, object] = {
        "seed": seed, "seconds": seconds, "clients": clients, "workers": workers, "faults": list(faults),
        "database": database, "redis": redis,
    }  # fmt: skip
    command = f"touchline bench stress --seed {seed} --seconds {seconds:g} --clients {clients} --workers {workers}"
    command += f" --database {database} --redis {redis}"
    if faults:
        command += f" --faults {','.join(faults)}"
    return Outcome(
        text(story, chosen, command),
        document("stress", parameters, content(story, chosen, command), tree),
        bar_chart("Seconds until everybody heard again", "s", bars(story), note=f"seed {seed}"),
        good=not story.findings.counts,
    )


@asynccontextmanager
async def _directory(keep: Path | None) -> AsyncIterator[Path]:
    if keep is None:
        async with scratch() as directory:
            yield directory
    else:
        keep.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing runs yet
        if any(keep.iterdir()):  # noqa: ASYNC240
            raise CannotMeasure(f"{keep} is not empty: a run keeps its logs in a directory of its own.")
        yield keep
