"""What went wrong: which promise, for whom, when."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass, field

MAX_KEPT = 200  # the first ones tell the most; the others are counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise. `at`: seconds after the start."""

    promise: str
    who: str
    at: float
    what: str

    def __str__(self) -> str:
        return f"{self.at:7.2f} s  {self.promise}  {self.who}: {self.what}"


@dataclass(slots=True)
class Findings:
    """All of a run."""

    began: float = field(default_factory=time.monotonic)
    kept: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def now(self) -> float:
        """Seconds after the start."""
        return time.monotonic() - self.began

    def add(self, promise: str, who: str, what: str) -> None:
        """Something went wrong."""
        self.counts[promise] += 1
        if len(self.kept) < MAX_KEPT:
            self.kept.append(Finding(promise, who, round(self.now, 3), what))

    def as_json(self) -> list[dict[str, object]]:
        """For the report."""
        return [asdict(one) for one in self.kept]
