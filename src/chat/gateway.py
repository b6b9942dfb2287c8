"""Chat on the socket. It only unpacks and calls `ChatService`."""

from __future__ import annotations

from chat.contracts import ChatMessage, ListMessages, MessagePage, SendMessage
from chat.service import ChatService
from kit.gateway import Gateway, event
from kit.rate_limits import Rate, Scope
from kit.session import ANYONE, SIGNED_IN, Session


class ChatGateway(Gateway):
    """`chat:*`."""

    def __init__(self, service: ChatService) -> None:
        self._service = service

    @event("chat:send", roles=SIGNED_IN, rate=Rate(5, per=10))
    async def send(self, session: Session, cmd: SendMessage) -> ChatMessage:
        """Post one message to the room of a channel."""
        return await self._service.send(session, cmd)

    @event("chat:history", roles=ANYONE, rate=Rate(30, per=10, scope=Scope.CONNECTION))
    async def history(self, _session: Session, cmd: ListMessages) -> MessagePage:
        """Older messages, newest first."""
        return await self._service.history(cmd)
