"""Puts identity together: `build` is called by `touchline.features`."""

from __future__ import annotations

from dataclasses import dataclass

from identity.contracts import SESSION_EXPIRING, LoginList, PersonPage, Tokens, User
from identity.controllers import AuthController, PeopleController, me
from identity.gateway import IdentityGateway
from identity.passwords import Passwords
from identity.people import PeopleService
from identity.ports import Commands, Connections
from identity.repository import RevocationRepository
from identity.service import IdentityService
from identity.session_revoker import SWEEP_SECONDS, SessionRevoker
from identity.tokens import ACCESS_SECONDS, SKEW_SECONDS, AccessTokens
from kit.audit import Audit
from kit.clock import Clock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.module import Module
from kit.rate_limits import RateLimiter
from kit.scheduler import Scheduler

_REVOKED_SECONDS = ACCESS_SECONDS + 2 * SKEW_SECONDS  # as long as an access token can live, by whichever clock


@dataclass(frozen=True, kw_only=True)
class IdentityModule(Module):
    """The module, and what wiring gives to others."""

    service: IdentityService
    people: PeopleService


def build(
    *,
    database: Database,
    commands: Commands,
    rate_limiter: RateLimiter,
    connections: Connections,
    scheduler: Scheduler,
    audit: Audit,
    secret: str,
    clock: Clock,
    ids: UlidGenerator,
    passwords: Passwords | None = None,
) -> IdentityModule:
    """Build identity.

    Args:
        database: Where accounts are kept.
        commands: Redis, where revocations are looked up for every new connection.
        rate_limiter: Counts failures.
        connections: Of this worker, to be closed when their login ends.
        scheduler: Runs the sweep of ended sessions on the leader.
        audit: Where acts of admins are written down.
        secret: Signs access tokens.
        clock: Wall-clock time.
        ids: Makes the ids of accounts and logins.
        passwords: How passwords are hashed; tests have cheaper ones.

    Returns:
        The module and its services.
    """
    passwords = passwords or Passwords()
    revocations = RevocationRepository(commands, _REVOKED_SECONDS)
    revoker = SessionRevoker(
        database=database,
        revocations=revocations,
        connections=connections,
        clock=clock,
        lifetime_ms=_REVOKED_SECONDS * 1000,
    )
    service = IdentityService(
        database=database,
        passwords=passwords,
        access_tokens=AccessTokens(secret, clock),
        revocations=revocations,
        revoker=revoker,
        rate_limiter=rate_limiter,
        clock=clock,
        ids=ids,
    )
    people = PeopleService(
        database=database, identity=service, passwords=passwords, revoker=revoker, audit=audit, clock=clock
    )
    scheduler.every(SWEEP_SECONDS, "ended sessions", revoker.sweep, leader_only=True)
    return IdentityModule(
        gateways=(IdentityGateway(service, connections),),
        controllers=(AuthController, PeopleController, me),
        dependencies={"identity": service, "people": people},
        events=(SESSION_EXPIRING,),
        exported=(Tokens, User, LoginList, PersonPage),
        service=service,
        people=people,
    )
