"""Puts the way in from Kafka together, for `touchline.features`.

It holds no rule: the consumer, the delivery and the dead letters are built and joined here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from feeds.client import RealPacer
from feeds.kafka.consumer import TopicConsumer, TopicSettings
from feeds.kafka.delivery import DeadLetters, Delivery
from feeds.kafka.store import DeliveryStore
from feeds.ports import Matches
from kit.db import Database
from kit.metrics import Metrics
from kit.module import Module


@dataclass(frozen=True, kw_only=True)
class KafkaModule(Module):
    """The module; `optional` tells whether the brokers answer, and is empty where none are named."""

    optional: Mapping[str, Callable[[], bool]] = field(default_factory=dict)


def build(settings: TopicSettings, *, matches: Matches, database: Database, metrics: Metrics) -> KafkaModule:
    """Build the worker's member of the group that reads the topic of matches; none without a URL.

    Args:
        settings: Which topic, and as which group.
        matches: Where messages go.
        database: Asked whether a failure may be its own.
        metrics: Where messages are counted.
    """
    if not settings.url:
        return KafkaModule()
    pacer, rng, store = RealPacer(), Random(), DeliveryStore(matches, database)  # noqa: S311 - jitter

    def deliver_to(dead_letters: DeadLetters) -> Delivery:
        return Delivery(matches=matches, store=store, dead_letters=dead_letters, pacer=pacer, rng=rng)

    consumer = TopicConsumer(settings, deliver_to, registry=metrics.registry, pacer=pacer, rng=rng)
    return KafkaModule(lifespan=consumer.running, optional={"kafka": lambda: consumer.connected})
