"""A web page, where no API exists: the score, the periods' scores and how the match stands, found by CSS selectors.

The registry lists it. It states scores alone, and it never guesses: where a selector finds nothing, or several
elements, the feed says so and the match stays as it was. It asks through the crawler alone, which obeys `robots.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from feeds.adapter import Adapter, Batch, Raw, Skips, Target
from feeds.crawling import PAUSE_S
from feeds.markup import MAX_TEXT, Selector, compile_pattern, compile_selector, decode_page, parse_page
from feeds.outbound import Answer
from feeds.providers.provider import Access, Provider
from feeds.providers.writing import Writer, split_total
from kit.errors import InvalidPayload
from scoring.model import EventOp, Sport, Status
from scoring.sports.football import SHOOT_OUT

MAX_PERIODS = 20
MAX_PATH = 500
"""Characters of a path with its query."""

Stand = Literal["scheduled", "live", "break", "ended"]
Unplayed = Literal["delayed", "interrupted", "suspended", "postponed", "cancelled", "abandoned"]

_HEADERS = {"Accept": "text/html, application/xhtml+xml"}
_PATH = re.compile(r"[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*")
_NUMBER = re.compile(r"[0-9]{1,4}")
_DIGIT = re.compile(r"\d")
_STATUS = re.compile(rf"({'|'.join((*get_args(Stand), *get_args(Unplayed)))})(?: ([1-9][0-9]?))?")


@dataclass(frozen=True, slots=True)
class _Found:
    """What is looked for in one place: elements, and the part of their text that counts."""

    name: str
    selector: Selector
    pattern: re.Pattern[str] | None

    def number_in(self, text: str) -> int | None:
        """The number in a text of these elements; None where it has no digit, as before a match. Raises."""
        if not _DIGIT.search(text):
            return None
        told = self.part_of(text)
        if not _NUMBER.fullmatch(told):
            raise InvalidPayload(f"{self.name}: {told!r} is no number of up to four digits; a pattern can pick one.")
        return int(told)

    def part_of(self, text: str) -> str:
        """What the pattern picks, its first group where it has one; raises `InvalidPayload`."""
        if len(text) > MAX_TEXT:
            raise InvalidPayload(
                f"{self.name}: {self.selector.text!r} finds more than {MAX_TEXT} characters; name a smaller element."
            )
        if self.pattern is None:
            return text
        found = self.pattern.search(text)
        if found is None:
            raise InvalidPayload(f"{self.name}: the pattern does not match {text!r}.")
        return (found[1] if self.pattern.groups else found[0]) or ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The options, read."""

    path: str
    home: _Found
    away: _Found
    status: _Found
    periods: tuple[_Found, _Found] | None
    statuses: Mapping[str, tuple[Stand | Unplayed, int | None]]

    @property
    def selectors(self) -> list[Selector]:
        more = self.periods or ()
        return [one.selector for one in (self.home, self.away, self.status, *more)]


def _plan(options: Mapping[str, str], sport: Sport) -> _Plan:
    """Read the options of a feed; raises `InvalidPayload`."""
    path = options.get("path", "")
    if len(path) > MAX_PATH or not _PATH.fullmatch(path):
        raise InvalidPayload(f"path: up to {MAX_PATH} characters, percent-encoded, without a fragment.")
    if ("homePeriods" in options) != ("awayPeriods" in options):
        raise InvalidPayload("homePeriods and awayPeriods go together.")
    if sport == "tennis" and "homePeriods" not in options:
        raise InvalidPayload("Tennis is read set by set: it needs homePeriods and awayPeriods.")

    def found(name: str, pattern: str) -> _Found:
        compiled = compile_pattern(options[pattern], pattern) if pattern in options else None
        return _Found(name, compile_selector(options[name], name), compiled)

    periods = None
    if "homePeriods" in options:
        periods = (found("homePeriods", "periodPattern"), found("awayPeriods", "periodPattern"))
    return _Plan(
        path=path,
        home=found("home", "homePattern"),
        away=found("away", "awayPattern"),
        status=found("status", "statusPattern"),
        periods=periods,
        statuses=read_statuses(options["statuses"]),
    )


def read_statuses(text: str) -> dict[str, tuple[Stand | Unplayed, int | None]]:
    """What the texts of a page mean: `1st half = live 1; HT = break 1; FT = ended`.

    Args:
        text: Entries with semicolons between; the text before the last `=` of each may be empty.

    Returns:
        The status and, where it is said, the period that is or was played last, by the text in lower case.

    Raises:
        InvalidPayload: An entry cannot be read, or two have the same text.
    """
    found: dict[str, tuple[Stand | Unplayed, int | None]] = {}
    for entry in text.split(";"):
        if not entry.strip():
            continue
        name, equals, meaning = entry.rpartition("=")
        read = _STATUS.fullmatch(" ".join(meaning.split()))
        key = _key(name)
        if not equals or read is None or key in found:
            raise InvalidPayload(
                f"statuses: {entry.strip()[:60]!r} is not `text = status`, once for each text; the statuses are "
                f"{', '.join((*get_args(Stand), *get_args(Unplayed)))}, and a period's number may follow."
            )
        found[key] = (read[1], int(read[2]) if read[2] else None)  # type: ignore[assignment]  # of the pattern
    if not found:
        raise InvalidPayload("statuses: there is none.")
    return found


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


class Page(Adapter):
    """One match on one page. Options: see `PROVIDER` and the documentation of feeds."""

    provider: ClassVar[str] = "page"
    slow = True

    def __init__(self, target: Target, access: Access) -> None:
        super().__init__(target, access.outbound)
        self._crawler = access.crawler
        self._plan = _plan(target.options, target.sport)
        self._asked: Answer | None = None
        self._taken: Answer | None = None

    async def fetch_snapshot(self) -> Raw | None:
        """The page, as UTF-8 whatever it came in; None where it is the one that was taken in."""
        answer = await self._crawler.get(self.outbound, self._plan.path, headers=_HEADERS, known=self._taken)
        if answer is None:
            return None
        self._asked = answer
        text = decode_page(answer.body, answer.content_type)
        return Raw(kind="snapshot", body=text.encode(errors="replace"), etag=answer.etag)

    def accepted(self, raw: Raw) -> None:  # noqa: ARG002 - what is asked with next time is more than its tag
        """From now on ask for another one only."""
        self._taken = self._asked

    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:
        """The score by period and how the match stands; raises `InvalidPayload`, in words for whoever configured it."""
        plan, skips, writer = self._plan, Skips(), Writer(self.provider, self.target)
        texts = parse_page(raw.body.decode(errors="replace"), plan.selectors)
        scores = [one.number_in(_only(one, texts)) for one in (plan.home, plan.away)]
        sides = (self.target.home_id, self.target.away_id)
        stated = {side: score for side, score in zip(sides, scores, strict=True) if score is not None}
        whole = stated if len(stated) == len(sides) else None
        told = plan.status.part_of(_only(plan.status, texts))
        meaning = plan.statuses.get(_key(told))
        if meaning is None:
            skips.note("status", told or "nothing")
        else:
            self._write(writer, meaning, whole, self._periods(texts), known)
        return Batch(ops=writer.ops, stated=whole, skipped=skips.counts)

    def _periods(self, texts: Mapping[str, list[str]]) -> dict[int, dict[str, int]]:
        """The scores of the periods that have begun, by number and competitor id."""
        if self._plan.periods is None:
            return {}
        home, away = (texts[one.selector.text] for one in self._plan.periods)
        if len(home) != len(away) or len(home) > MAX_PERIODS:
            raise InvalidPayload(
                f"homePeriods finds {len(home)} elements and awayPeriods {len(away)}; both find one for each period, "
                f"at most {MAX_PERIODS}."
            )
        of_home, of_away = self._plan.periods
        found: dict[int, dict[str, int]] = {}
        for number, pair in enumerate(zip(home, away, strict=True), 1):
            ours, theirs = of_home.number_in(pair[0]), of_away.number_in(pair[1])
            if ours is None or theirs is None:
                break
            found[number] = {self.target.home_id: ours, self.target.away_id: theirs}
        return found

    def _write(
        self, writer: Writer, meaning: tuple[Stand | Unplayed, int | None], whole: dict[str, int] | None,
        periods: dict[int, dict[str, int]], known: Mapping[str, EventOp],
    ) -> None:  # fmt: skip
        status, number = meaning
        if status in get_args(Unplayed):
            unplayed: Status = status
            writer.status(unplayed, None)
            return
        writer.no_status()
        if status == "scheduled":
            return
        seen = max((op.period for op in known.values() if op.type == "period_start"), default=0)
        period = number or max([seen, *periods, 1])
        last = min(period, SHOOT_OUT - 1) if self.target.sport == "football" else period
        if periods:
            self._complete(periods, last, whole)
        elif whole is not None:
            periods = split_total(known, last, whole)
        writer.totals(periods)
        final = whole if status == "ended" and self.target.sport != "tennis" else None
        writer.progress(
            period, in_break=status == "break", over=status == "ended", stated=final,
            periods=periods if final is not None else None,
        )  # fmt: skip

    def _complete(self, periods: dict[int, dict[str, int]], last: int, whole: dict[str, int] | None) -> None:
        """Give the last period what the others lack of the whole score; raises where they have more."""
        if whole is None or self.target.sport == "tennis":
            return
        football = self.target.sport == "football"
        played = {number: one for number, one in periods.items() if not football or number < SHOOT_OUT}
        for side, score in whole.items():
            missing = score - sum(one[side] for one in played.values())
            if missing < 0:
                raise InvalidPayload(f"The periods come to more than the score of {score}: is a total among them?")
            if missing:
                periods.setdefault(last, dict.fromkeys(whole, 0))[side] += missing


def _only(wanted: _Found, texts: Mapping[str, list[str]]) -> str:
    """The text of the one element that a selector finds; raises `InvalidPayload` where that is not one."""
    found = texts[wanted.selector.text]
    if len(found) != 1:
        how_many = "nothing" if not found else f"{len(found)} elements"
        raise InvalidPayload(f"{wanted.name}: {wanted.selector.text!r} finds {how_many} on the page; it must find one.")
    return found[0]


PROVIDER = Provider(
    name="page",
    make=Page,
    base_url=None,
    interval_s=PAUSE_S,
    min_interval_s=PAUSE_S,
    sports=frozenset(get_args(Sport)) - {"cricket"},
    options=frozenset({
        "path", "home", "homePattern", "away", "awayPattern", "homePeriods", "awayPeriods", "periodPattern",
        "status", "statusPattern", "statuses",
    }),
    needs=frozenset({"home", "away", "status", "statuses"}),
    check_options=_plan,
    needs_external_id=False,
    score_only=True,
)  # fmt: skip
