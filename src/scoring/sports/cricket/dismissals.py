"""Ways in which a batter's innings ends, however they are written (MCC Laws 25 and 30-40).

Laws, innings and scorecards of cricket ask here; nothing here counts.
"""

from __future__ import annotations

import re

BOWLERS_WICKETS = frozenset({"bowled", "caught", "caught and bowled", "lbw", "stumped", "hit wicket"})
"""Dismissals that the bowler is credited with (MCC Laws 32-36 and 39)."""

NOT_DISMISSED = frozenset({"retired hurt", "retired not out", "absent hurt"})
"""Ways to leave the crease, or never to come to it, that cost no wicket (MCC Law 25.4)."""

WITHOUT_A_BALL = NOT_DISMISSED | {"retired out", "timed out", "run out", "obstructing the field", "handled the ball"}
"""What can happen while the ball is not bowled: a batter may be run out before the bowler lets go of it."""

OFF_A_NO_BALL = WITHOUT_A_BALL | {"hit the ball twice"}
"""What is possible off a no-ball (MCC Law 21.18)."""

OFF_A_WIDE = WITHOUT_A_BALL | {"stumped", "hit wicket"}
"""What is possible off a wide (MCC Law 22.8)."""

KINDS = tuple(sorted(BOWLERS_WICKETS | OFF_A_NO_BALL | OFF_A_WIDE))
"""Every way to be out or to leave, in cricsheet's words."""

_ALIASES = {
    "b": "bowled", "c": "caught", "ct": "caught", "cb": "caught and bowled", "candb": "caught and bowled",
    "caughtbowled": "caught and bowled", "caughtbehind": "caught", "legbeforewicket": "lbw", "legbefore": "lbw",
    "st": "stumped", "hitwkt": "hit wicket", "hittwice": "hit the ball twice", "hitballtwice": "hit the ball twice",
    "handledball": "handled the ball", "obstructingfield": "obstructing the field",
    "obstructedthefield": "obstructing the field", "obstructedfield": "obstructing the field",
    "obstruction": "obstructing the field", "retiredill": "retired hurt", "retiredinjured": "retired hurt",
    "retdhurt": "retired hurt", "rtdhurt": "retired hurt", "retirednotout": "retired not out",
    "retdnotout": "retired not out", "retdout": "retired out", "retired": "retired out", "absent": "absent hurt",
    "absentill": "absent hurt", "absentinjured": "absent hurt", "timeout": "timed out",
}  # fmt: skip
_BY_LETTERS = {kind.replace(" ", ""): kind for kind in KINDS} | _ALIASES


def known(kind: str) -> str | None:
    """A way of being out in cricsheet's words; None for one that there is not.

    `Retired Hurt`, `RETIRED_HURT`, `retired (hurt)` and `retiredHurt` are all `retired hurt`.
    """
    return _BY_LETTERS.get(re.sub(r"[^a-z]", "", kind.lower()))


def costs_wicket(kind: str) -> bool:
    """Whether a wicket falls; one that is not known is taken for one that does."""
    return known(kind) not in NOT_DISMISSED


def how_out(kind: str, bowler: str, fielders: str) -> str:
    """A dismissal as scorecards write it.

    Args:
        kind: However it was written.
        bowler: The bowler's name.
        fielders: The names of those who had a part in it, divided by strokes; empty where they are not known.
    """
    kind = known(kind) or kind
    return {
        "bowled": f"b {bowler}",
        "lbw": f"lbw b {bowler}",
        "caught": f"c {fielders or 'sub'} b {bowler}",
        "caught and bowled": f"c & b {bowler}",
        "stumped": f"st {fielders or 'sub'} b {bowler}",
        "hit wicket": f"hit wicket b {bowler}",
        "run out": f"run out ({fielders})" if fielders else "run out",
    }.get(kind, kind)
