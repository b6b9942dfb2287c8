"""Fixtures of tests against a running gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from tests.live import Account, Client, Gateway


@pytest.fixture
def gateway_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Gateway]]:
    started: list[Gateway] = []

    def make(**options: Any) -> Gateway:
        gateway = Gateway(tmp_path_factory.mktemp("gateway"), **options)
        started.append(gateway)
        gateway.start()
        return gateway

    yield make
    for gateway in started:
        gateway.stop()


@pytest.fixture
def gateway(gateway_factory: Callable[..., Gateway]) -> Gateway:
    """A gateway of this test alone, with embedded Redis and SQLite."""
    return gateway_factory()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Any]]:
    """Connects clients, and closes them at the end."""
    clients: list[Client] = []

    async def make(gateway: Gateway, account: Account | None = None, **options: Any) -> Client:
        transports = options.pop("transports", ["websocket"])
        client = Client(gateway, account, transports=transports, **options)
        clients.append(client)
        return await client.connect()

    yield make
    await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
