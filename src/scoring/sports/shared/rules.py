"""What a sport has to say of itself: the class that each sport derives from, and what it has to hand out.

The registry (`scoring.sports`) holds one instance for each sport, and everything outside asks it there. Nothing here
knows a particular sport.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from kit.contracts import Payload, convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, Method, Sport, StatGroup
from scoring.sports.shared import laws
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.details import Detail, check_event
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override


class Tally(Protocol):
    """Counts what the players of one match do while its events are read in order."""

    def apply(self, event: EventOp) -> None:
        """Take in the next event; unknown types change nothing."""
        ...

    def groups(self) -> list[StatGroup]:
        """The tables after the events so far, in the order in which people read them."""
        ...


class Scorer(Protocol):
    """Keeps the score of one match while its events are read in order."""

    def apply(self, event: EventOp) -> None:
        """Take in the next event; unknown types change nothing."""
        ...

    def cannot(self, event: EventOp) -> str | None:
        """Why this event cannot be the next one, as a sentence; None where nothing speaks against it."""
        ...

    def scores(self) -> dict[str, int]:
        """The score for order, by competitor id, after the events so far."""
        ...

    def displays(self) -> dict[str, str]:
        """The score for people, by competitor id, after the events so far."""
        ...

    def folded(self, stated: Override | None = None) -> Folded:
        """The state after the events so far; of a match that is over with the stated score, where that is another."""
        ...


class SportRules(ABC):
    """One sport. Adding a sport is a package or module with one of these, and its line in the registry."""

    @property
    @abstractmethod
    def sport(self) -> Sport:
        """Its name on the wire."""

    @property
    @abstractmethod
    def config(self) -> type[Payload]:
        """What `config` of a match of this sport may hold, with the defaults that a match has without it."""

    @property
    @abstractmethod
    def details(self) -> Mapping[str, type[Detail]]:
        """The shape of `detail` by event type, where it is not as in every sport (`COMMON_DETAILS`) or free."""

    @property
    @abstractmethod
    def scoring(self) -> frozenset[str]:
        """The types of events that the score is counted from; each needs its competitor."""

    @property
    @abstractmethod
    def charted(self) -> ChartedEvents:
        """What charts are drawn from."""

    @property
    @abstractmethod
    def most_in_a_period(self) -> int:
        """More than a side has ever scored in one period; a stated score beyond it is a mistake."""

    @property
    def methods_elsewhere(self) -> frozenset[Method]:
        """Methods that decide matches of other sports, and none of this one."""
        return frozenset()

    @property
    def asked_again(self) -> frozenset[str]:
        """Event types, beside `scoring`, of which a scorer is asked where somebody else has just entered the same."""
        return frozenset()

    @abstractmethod
    def begin(self, setup: Setup) -> Scorer:
        """A scorer before the first event."""

    @abstractmethod
    def tally(self, setup: Setup) -> Tally:
        """What counts for the players, before the first event."""

    @abstractmethod
    def against_laws(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be by the laws of this sport, as a sentence; None where nothing speaks against it."""

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` where the configuration is not one this sport knows."""
        convert(dict(setup.config), self.config)

    def check(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` where an event cannot be read, or cannot be: what a person may not enter."""
        self.check_readable(setup, event)
        why = self.objection(setup, event)
        if why is not None:
            raise InvalidPayload(why)

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` where an event could not be scored: what is taken from nobody."""
        check_event(setup, event, self.details, self.scoring)

    def objection(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event that can be read cannot be, as a sentence; None where nothing speaks against it."""
        return (
            laws.result(self.sport, setup, event, self.methods_elsewhere)
            or laws.score(self.sport, event, self.most_in_a_period)
            or self.against_laws(setup, event)
        )
