"""The listeners of a run, and what each of them does by its plan."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from bench.stress.findings import Findings
from bench.stress.ledger import Ledger
from bench.stress.listener import Counts, Listener
from bench.stress.plan import Act, Role
from bench.stress.reader import Reader
from bench.stress.wire import Address

_ARRIVAL_SECONDS = 2.0  # over which the crowd comes


class Crowd:
    """All listeners; `members` are there from `come` to `leave`."""

    def __init__(
        self,
        roles: Sequence[Role],
        *,
        seed: int,
        port: int,
        proxy_port: int,
        channels: Sequence[str],
        matches: Sequence[str],
        ledger: Ledger,
        findings: Findings,
        counts: Counts,
    ) -> None:
        self._channels = [f"channel:{one}" for one in channels]
        self._tasks: list[asyncio.Task[None]] = []
        self._acting: list[asyncio.Task[None]] = []
        self._roles = roles
        self._seed = seed
        self._findings = findings
        self.homes: list[set[str]] = []
        self.members: list[Listener | Reader] = []
        for number, role in enumerate(roles):
            wanted = {self._channels[role.channel], *(f"match:{one}" for one in matches if role.match)}
            # An address each: people are many, and what one may ask for over REST is bounded by address.
            address = Address(proxy_port if role.proxied else port, source=f"127.77.{number // 250}.{number % 250 + 1}")
            chance = random.Random(f"{seed} {role.name}")  # noqa: S311 - to be repeated
            self.homes.append(wanted)
            if role.transport == "events":
                self.members.append(
                    Reader(role.name, address=address, wanted=set(wanted), chance=chance, ledger=ledger,
                           findings=findings, counts=counts)
                )  # fmt: skip
            else:
                self.members.append(
                    Listener(role.name, transport=role.transport, address=address, wanted=set(wanted), chance=chance,
                             ledger=ledger, findings=findings, counts=counts)
                )  # fmt: skip

    async def come(self) -> None:
        """All connect, within a moment."""
        for member in self.members:
            self._tasks.append(asyncio.create_task(member.live(), name=member.name))
            await asyncio.sleep(_ARRIVAL_SECONDS / len(self.members))

    def act(self) -> None:
        """All do what their plans say, until `rest`."""
        for member, role in zip(self.members, self._roles, strict=True):
            if role.acts:
                self._acting.append(asyncio.create_task(self._act_out(member, role), name=f"{role.name} acts"))

    async def rest(self) -> None:
        """Nobody does anything any more; all go back to where they began."""
        for task in self._acting:
            task.cancel()
        await asyncio.gather(*self._acting, return_exceptions=True)
        self._acting.clear()
        for member, home in zip(self.members, self.homes, strict=True):
            member.resume()
            if isinstance(member, Listener):
                member.want(set(home))

    async def leave(self) -> None:
        """All go."""
        for task in [*self._acting, *self._tasks]:
            task.cancel()
        tasks = [*self._acting, *self._tasks]
        for task, ended in zip(tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
            if not isinstance(ended, asyncio.CancelledError):
                self._findings.add("nothing comes that no client can read", task.get_name(), repr(ended))
        self._acting.clear()
        self._tasks.clear()

    async def _act_out(self, member: Listener | Reader, role: Role) -> None:
        chance = random.Random(f"{self._seed} {role.name} goes")  # noqa: S311 - to be repeated
        while True:
            for act in role.acts:
                await asyncio.sleep(act.pause)
                await self._do(member, act, chance)

    async def _do(self, member: Listener | Reader, act: Act, chance: random.Random) -> None:
        if act.name == "reset":
            member.reset()
        elif act.name == "away":
            member.reset(away=act.seconds)
        elif act.name == "stall":
            member.stall()
            await asyncio.sleep(act.seconds)
            member.resume()
        elif isinstance(member, Reader):
            raise ValueError(act.name)
        elif act.name == "switch":
            matches = {room for room in member.wanted if room.startswith("match:")}
            member.want({chance.choice(self._channels), *matches})
        elif act.name == "leave-and-join":
            before = member.wanted
            member.want(set())
            await asyncio.sleep(act.seconds)
            member.want(before)
        elif act.name == "disconnect":
            member.disconnect(act.seconds)
        elif act.name == "abandon":
            member.abandon(act.seconds)
        elif act.name == "rubbish":
            member.send_rubbish(act.what)
