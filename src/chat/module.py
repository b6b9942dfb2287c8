"""Puts chat together: `build` is called by `touchline.features`."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from chat.contracts import CHAT_MESSAGE, ChatSnapshot
from chat.controllers import chat_history
from chat.gateway import ChatGateway
from chat.ports import Channels
from chat.service import ChatService
from kit.clock import Clock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.module import Module


class ChatPart:
    """Chat's field in the snapshot of a channel."""

    name = "chat"
    schema: type[msgspec.Struct] = ChatSnapshot

    def __init__(self, service: ChatService) -> None:
        self._service = service

    async def load(self, channel_id: str) -> msgspec.Struct | None:
        """The newest messages and the settings of the chat."""
        return await self._service.snapshot(channel_id)


@dataclass(frozen=True, kw_only=True)
class ChatModule(Module):
    """The module, and its service."""

    service: ChatService


def build(*, database: Database, channels: Channels, clock: Clock, ids: UlidGenerator) -> ChatModule:
    """Build chat.

    Args:
        database: Where messages are kept.
        channels: Of streaming.
        clock: Wall-clock time.
        ids: Makes the ids of messages.

    Returns:
        The module, with chat's part of a channel's snapshot.
    """
    service = ChatService(database=database, channels=channels, clock=clock, ids=ids)
    return ChatModule(
        gateways=(ChatGateway(service),),
        controllers=(chat_history,),
        dependencies={"chat": service},
        events=(CHAT_MESSAGE,),
        parts=(ChatPart(service),),
        service=service,
    )
