"""What a run says in the end: the faults, what was heard, and every broken promise with how to see it again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.report import table
from bench.stress.plan import Plan
from bench.stress.run import Story

_SHOWN = 30


def _by_kind(story: Story) -> dict[str, list[float]]:
    kinds: dict[str, list[float]] = {}
    for fault, seconds in story.hearing:
        kinds.setdefault(fault.kind, []).append(seconds)
    return kinds


def bars(story: Story) -> list[tuple[str, float]]:
    """The slowest hearing after each kind of fault."""
    return [(kind, max(seconds)) for kind, seconds in sorted(_by_kind(story).items())]


def text(story: Story, plan: Plan, command: str) -> str:
    """For people."""
    counts = story.counts
    rows = [(kind, len(seconds), max(seconds)) for kind, seconds in sorted(_by_kind(story).items())]
    parts = [
        f"Seed {plan.seed}: {len(plan.listeners)} listeners, {len(plan.faults)} faults",
        table(["fault", "times", "all heard again after, s"], rows),
        f"{story.ledger.events:,} numbered events, heard {story.ledger.deliveries:,} times ({story.owed:,} owed)",
        f"{story.acknowledged:,} publications acknowledged, {sum(story.failed.values()):,} failed with an error",
        f"{counts.connects:,} connections: {counts.recovered:,} recovered, {counts.not_recovered:,} begun anew",
        f"{counts.snapshots:,} snapshots, {counts.upgrades:,} upgrades",
        f"workers' memory {_megabytes(story.before)} MB after the warm-up, {_megabytes(story.after)} MB at the end",
    ]
    if story.logged:
        logged = ", ".join(f"{times} x {message}" for message, times in sorted(story.logged.items()))
        parts.append(f"errors in the gateway's log: {logged}")
    if story.findings.counts:
        parts += [f"{story.findings.counts.total()} BROKEN PROMISES"]
        parts += [f"  {count:5}  {promise}" for promise, count in story.findings.counts.most_common()]
        parts += ["", *map(str, story.findings.kept[:_SHOWN])]
        if len(story.findings.kept) > _SHOWN:
            parts.append(f"... and more; --json FILE has up to {len(story.findings.kept)}")
        parts += ["", f"Again: {command} --keep DIRECTORY"]
    else:
        parts.append("Every promise was kept.")
    return "\n".join(parts)


def _megabytes(vitals: dict[int, Any]) -> str:
    return ", ".join(f"{one.rss / 1e6:.0f}" for one in vitals.values())


def content(story: Story, plan: Plan, command: str) -> dict[str, Any]:
    """For programs."""
    counts = story.counts
    return {
        "command": command,
        "findings": story.findings.as_json(),
        "promises_broken": dict(story.findings.counts),
        "faults": [asdict(fault) | {"heard_after_seconds": seconds} for fault, seconds in story.hearing],
        "events": story.ledger.events,
        "deliveries": story.ledger.deliveries,
        "owed": story.owed,
        "acknowledged": story.acknowledged,
        "failed": story.failed,
        "logged": story.logged,
        "connects": counts.connects,
        "recovered": counts.recovered,
        "not_recovered": counts.not_recovered,
        "snapshots": counts.snapshots,
        "upgrades": counts.upgrades,
        "ends": dict(counts.reasons),
        "closings": dict(counts.closings),
        "refusals": dict(counts.refusals),
        "workers_before": [asdict(one) for one in story.before.values()],
        "workers_after": [asdict(one) for one in story.after.values()],
        "plan": plan.as_json(),
    }
