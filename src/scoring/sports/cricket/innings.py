"""One innings of cricket while it is scored: its runs, balls, and who is out or has retired.

`scorer` keeps one of these for each innings, `result` and `statistics` read them. Targets and results, which need both
sides, are theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from scoring.model import EventOp, PeriodType
from scoring.sports.cricket.details import Ball, Wicket
from scoring.sports.cricket.dismissals import costs_wicket, known

USUAL_WICKETS = 10
"""In formats with more, such as for children, a batter may be out more than once."""


@dataclass(slots=True)
class Innings:
    """One innings while it is scored.

    Attributes:
        number: Of the period.
        type: An innings or a super over.
        batting: Whose it is.
        most: The wickets after which it is over.
        awarded: Penalty runs that the side was given before it batted.
        overs: Legal balls by number of the over, where the events say it.
        ended: Its end was told.
        totals_only: A feed states its score, so that nothing is known ball by ball.
        target: What was stated in place of what the score says.
        revised_at: `told` when the target was stated.
        par: The score that would tie the match, at `told` of `par_at`.
        told: Balls and awards so far, to know whether something came since.
        absent: Batters who do not bat at all.
        retired: Batters who left and may come back, each by what they are called.
        out: Batters who are out for good, by all that they are called.
    """

    number: int
    type: PeriodType
    batting: str
    most: int
    awarded: int = 0
    runs: int = 0
    wickets: int = 0
    boundaries: int = 0
    legal: int = 0
    overs: dict[int, int] = field(default_factory=dict)
    declared: bool = False
    ended: bool = False
    totals_only: bool = False
    target: int | None = None
    revised_at: int | None = None
    overs_allowed: float | None = None
    par: int | None = None
    par_at: int | None = None
    told: int = 0
    absent: int = 0
    retired: list[frozenset[str]] = field(default_factory=list)
    out: set[str] = field(default_factory=set)

    def bowled(self, per_over: int) -> tuple[int, int]:
        """Completed overs, and legal balls since."""
        if not self.overs:
            return divmod(self.legal, per_over)
        last = max(self.overs)
        return (last + 1, 0) if self.overs[last] >= per_over else (last, self.overs[last])

    def overs_text(self, per_over: int) -> str:
        """`49.3`, and `50` for whole overs."""
        overs, balls = self.bowled(per_over)
        return f"{overs}.{balls}" if balls else str(overs)

    @property
    def all_out(self) -> bool:
        """Whether all wickets have fallen that could: those of absent batters cannot."""
        return self.wickets + self.absent >= self.most

    @property
    def nobody_left(self) -> bool:
        """Whether it could not go on as it stands: all out, or who would be next has retired."""
        return self.wickets + self.absent + len(self.retired) >= self.most

    def text(self) -> str:
        """`155/6`, all out `241`, declared `362/7d`."""
        if self.all_out:
            return str(self.runs)
        return f"{self.runs}/{self.wickets}{'d' if self.declared else ''}"

    def revise(self, runs: int | None, overs: float | None) -> None:
        """Take in what a rain rule sets from here on.

        Args:
            runs: The target; None where it stays.
            overs: Those of this innings, 12.4 being 12 overs and 4 balls; None where they stay.
        """
        if runs is not None:
            self.target, self.revised_at = runs, self.told
        if overs is not None:
            self.overs_allowed = overs

    def ball(self, event: EventOp, ball: Ball) -> None:
        """Take in one delivery."""
        extras = ball.extras
        self.told += 1
        self.runs += ball.batter_runs + extras.wides + extras.noballs + extras.byes + extras.legbyes + extras.penalty
        self._return(event)
        self.dismiss(event, ball.wickets)
        self.boundaries += ball.batter_runs in (4, 6) and not ball.non_boundary
        legal = not (extras.wides or extras.noballs)
        self.legal += legal
        if ball.over is not None:
            self.overs[ball.over] = self.overs.get(ball.over, 0) + legal

    def award(self, runs: int) -> None:
        """Add penalty runs."""
        self.told += 1
        self.runs += runs

    def dismiss(self, event: EventOp, wickets: Collection[Wicket]) -> None:
        """Take in batters who are out, retire, or never come in."""
        for wicket, called in zip(wickets, names_of_out(event, wickets), strict=True):
            if costs_wicket(wicket.kind):
                self.wickets += 1
                if known(wicket.kind) != "retired out":  # who may come back, if the other captain agrees
                    self.out |= called
            elif known(wicket.kind) == "absent hurt":
                self.absent += 1
            else:
                self.retired.append(called)

    def cannot_lose(self, event: EventOp, wickets: Collection[Wicket]) -> str | None:
        """Why these cannot be the next wickets to fall; None where they can."""
        falling = sum(costs_wicket(wicket.kind) for wicket in wickets)
        if falling and self.wickets + self.absent + falling > self.most:
            return f"The side is all out: after {self.most} wickets no other can fall."
        if self.most > USUAL_WICKETS:
            return None  # where batters come in again and again
        for wicket, called in zip(wickets, names_of_out(event, wickets), strict=True):
            if costs_wicket(wicket.kind) and called & self.out:
                return f"{wicket.player_out or min(called)} is out already."
        return None

    def _return(self, event: EventOp) -> None:
        """A batter who retired and bats again is no longer retired."""
        if self.retired:
            at = _called(player_names(event, ("batter", "non_striker")))
            self.retired = [who for who in self.retired if not who & at]


def names_of_out(event: EventOp, wickets: Collection[Wicket]) -> list[frozenset[str]]:
    """What each batter who goes is called: by the wicket, and as the event's player in the same place."""
    out = [player for player in event.players if player.role == "player_out"]
    found = []
    for number, wicket in enumerate(wickets):
        player = out[number] if number < len(out) else None
        called = {wicket.player_out, player and player.id, player and player.name}
        found.append(frozenset(name for name in called if name))
    return found


def player_names(event: EventOp, roles: Collection[str]) -> Iterable[str | None]:
    """The ids and names of an event's players in these roles."""
    for player in event.players:
        if player.role in roles:
            yield player.id
            yield player.name


def _called(names: Iterable[str | None]) -> set[str]:
    return {name for name in names if name}
