"""What the process counts of itself, in Prometheus terms.

`touchline.infrastructure` makes one for each worker, and `/metrics` shows it. A label must not have as many values as
there are users, channels or matches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class TransportFigures:
    """What the transport counts by itself; `cuts` and `refused` by reason."""

    cuts: Mapping[str, int]
    refused: Mapping[str, int]
    backlogged: int
    unsent_bytes: int


class _Transport(Collector):
    """The transport's figures, read when they are asked for."""

    def __init__(self, read: Callable[[], TransportFigures]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """The present figures of the transport."""
        figures = self._read()
        for name, text, counts in (
            ("touchline_connections_cut", "Connections cut for reading too slowly or sending too much.", figures.cuts),
            ("touchline_connections_refused", "Connections that were not let in.", figures.refused),
        ):
            family = CounterMetricFamily(name, text, labels=["reason"])
            for reason, count in sorted(counts.items()):
                family.add_metric([reason], count)
            yield family
        yield GaugeMetricFamily(
            "touchline_connections_backlogged", "Connections that have not read all they were sent.", figures.backlogged
        )
        yield GaugeMetricFamily("touchline_unsent_bytes", "What is kept for those connections.", figures.unsent_bytes)


def _tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # read outside of the event loop
        return 0


class Metrics:
    """The counters of one worker; one registry each, so that tests can build several apps in a process."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "touchline_client_events_total",
            "Client events answered.",
            ["event", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "touchline_client_event_seconds",
            "Time to answer a client event.",
            ["event"],
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.5),
            registry=self.registry,
        )
        self._answers: dict[tuple[str, str], tuple[Counter, Histogram]] = {}  # looked up once, they are used at once
        self.connections = Gauge("touchline_connections", "Open socket connections.", registry=self.registry)
        self.rooms = Gauge(
            "touchline_rooms", "Rooms that this worker hears: those with local members, and a few of its own.",
            registry=self.registry,
        )  # fmt: skip
        self.event_streams = Gauge(
            "touchline_event_streams", "Open streams of server-sent events.", registry=self.registry
        )
        Gauge("touchline_tasks", "Running tasks.", registry=self.registry).set_function(_tasks)
        ProcessCollector(registry=self.registry)
        self.published = Counter(
            "touchline_published_total", "Events published by this worker.", ["event"], registry=self.registry
        )
        self.delivered = Counter(
            "touchline_delivered_total", "Events handed to local connections.", registry=self.registry
        )
        self.resyncs = Counter(
            "touchline_backplane_gaps_total", "Times this worker missed events and reset its clients.",
            registry=self.registry,
        )  # fmt: skip
        self.replays = Counter(
            "touchline_backplane_replayed_total", "Events withheld by an interruption that the streams gave back.",
            registry=self.registry,
        )  # fmt: skip
        self.recoveries = Counter(
            "touchline_recoveries_total", "Connections that came back: resumed, refused, or unknown.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self._handovers = Counter(
            "touchline_handovers_total", "Connections to be given to another worker: given, busy, or gone.",
            ["outcome"], registry=self.registry,
        )  # fmt: skip
        self.events_in = 0
        self.events_out = 0

    def handled(self, event: str, outcome: str, seconds: float) -> None:
        """One client event was answered.

        Args:
            event: Its name; `unknown` for all that have no handler.
            outcome: `ok` or an error code.
            seconds: From its arrival to its ack.
        """
        self.events_in += 1
        known = self._answers.get((event, outcome))
        if known is None:
            known = self._answers[event, outcome] = self._events.labels(event, outcome), self._seconds.labels(event)
        known[0].inc()
        known[1].observe(seconds)

    def handed_over(self, outcome: str) -> None:
        """A connection was given to another worker of this node, or could not be."""
        self._handovers.labels(outcome).inc()

    def watch_transport(self, read: Callable[[], TransportFigures]) -> None:
        """Name where the transport's figures are read; once for each `Metrics`."""
        self.registry.register(_Transport(read))

    def fanned_out(self, recipients: int) -> None:
        """One event was handed to this many local connections."""
        self.events_out += recipients
        self.delivered.inc(recipients)

    def exposition(self) -> bytes:
        """The text that a Prometheus server scrapes."""
        return generate_latest(self.registry)
