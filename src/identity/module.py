"""Puts identity together."""

from __future__ import annotations

from dataclasses import dataclass

from identity.contracts import SESSION_EXPIRING
from identity.controllers import AuthController, me
from identity.gateway import IdentityGateway
from identity.passwords import Passwords
from identity.ports import Commands, Connections
from identity.repository import Revocations
from identity.service import IdentityService
from identity.tokens import ACCESS_SECONDS, AccessTokens
from kit.clock import Clock
from kit.db import Database
from kit.ids import Ids
from kit.limits import Limits
from kit.module import Module


@dataclass(frozen=True, kw_only=True)
class IdentityModule(Module):
    """The module, and what wiring gives to others."""

    service: IdentityService


def build(
    *,
    database: Database,
    commands: Commands,
    limits: Limits,
    connections: Connections,
    secret: str,
    clock: Clock,
    ids: Ids,
    passwords: Passwords | None = None,
) -> IdentityModule:
    """Build identity; tests may give cheaper `passwords`."""
    service = IdentityService(
        database=database,
        passwords=passwords or Passwords(),
        access_tokens=AccessTokens(secret, clock),
        revocations=Revocations(commands, ACCESS_SECONDS),
        connections=connections,
        limits=limits,
        clock=clock,
        ids=ids,
    )
    return IdentityModule(
        gateways=(IdentityGateway(service, connections),),
        controllers=(AuthController, me),
        events=(SESSION_EXPIRING,),
        service=service,
    )
