"""Wyscout's open event data (Pappalardo et al., Sci Data 6:236, 2019), one match a file with its teams and players.

A file has some 1,500 events, most of them passes and duels, which nobody would read as commentary. Kept are: starts
and ends of periods, goals, shots, saves, penalties, corners, offsides, fouls, cards, and the substitutions that the
match object lists by minute. The tags are those of the paper's `tags2name`: 101 a goal (on the shot and again on the
goalkeeper's save attempt), 102 an own goal, 301 an assist, 401-403 the body's part, 1701-1703 cards, 1801 accurate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from feeds.files.recording import FOOTBALL_ENDS, FOOTBALL_STARTS, FileMatch, abbreviate, instant
from feeds.files.wyscout_final import Final, final_of
from feeds.files.wyscout_shapes import (
    Formation,
    FormationPlayer,
    PlayerEntry,
    Substitution,
    TeamData,
    TeamEntry,
    WyscoutEvent,
    WyscoutFile,
)
from feeds.lenient import Skipped, read_entries, read_whole
from feeds.names import event_players, lineup, name_in
from feeds.writing import EventWriter
from kit.contracts import Instant
from kit.errors import InvalidPayload
from scoring.model import (
    CreateMatch,
    NewCompetition,
    NewCompetitor,
    NewEventClock,
    NewEventPlayer,
)
from scoring.sports.football import SHOOT_OUT, FootballConfig, minute, span

PROVIDER = "wyscout"

GOAL, OWN_GOAL, ASSIST, ACCURATE = 101, 102, 301, 1801
CARDS = {1701: "red", 1702: "yellow", 1703: "second_yellow"}
BODY = {401: "left foot", 402: "right foot", 403: "head"}
KEEPERS = frozenset({"Save attempt", "Goalkeeper leaving line"})
"""Events on which a goal is tagged once more, of the one who did not prevent it."""
PERIODS = {"1H": 1, "2H": 2, "E1": 3, "E2": 4, "P": 5}
BREAK_S = {2: 900, 3: 300, 4: 60, 5: 300}
ASSIST_WITHIN_S = 15
"""An assist is tagged on the pass; the goal that follows it comes within seconds."""


T = TypeVar("T")


def recognise(raw: dict[str, Any]) -> bool:
    """Whether a file has this shape. Without its `match` object it is refused by name, not as an unknown one."""
    return "events" in raw and "teams" in raw and "players" in raw


def normalise(raw: dict[str, Any], skipped: Skipped) -> list[FileMatch]:
    """The one match of a file; raises `InvalidPayload` where it is not what Wyscout describes."""
    file = read_whole(raw, WyscoutFile, "the file", skipped)
    teams = read_entries(list(file.match.teams_data.values()), TeamData, "team", skipped)
    teams.sort(key=lambda team: team.side != "home")
    if [team.side for team in teams] != ["home", "away"] or teams[0].team_id == teams[1].team_id:
        raise InvalidPayload("A Wyscout match has a home and an away team.")
    names: dict[int, str] = {}
    for team in teams:
        (entry,) = read_entries([file.teams.get(str(team.team_id))], TeamEntry, "teams", skipped) or (None,)
        if entry is None:
            raise InvalidPayload(f"teams has no entry {team.team_id}.")
        names[team.team_id] = unescape(entry.team.name)
    events = []
    for event in read_entries(file.events, WyscoutEvent, "event", skipped):
        why = _unfit(event, names)
        if why is None:
            events.append(event)
        else:
            skipped.note(f"event {event.id}", why)
    if file.events and not events:
        raise InvalidPayload(f"None of its events can be read. {skipped.reasons[-1]}")
    return [_Reader(file, teams, names, events, skipped).read()]


def _unfit(event: WyscoutEvent, names: Collection[int]) -> str | None:
    """Why an event has no place in the match; None where it has one."""
    if event.period not in PERIODS:
        return f"matchPeriod {event.period!r} is none of {', '.join(PERIODS)}."
    return None if event.team_id in names else f"It is of team {event.team_id}, which does not play."


def unescape(text: str) -> str:
    r"""Wyscout's files hold a literal backslash-u escape where a letter is not ASCII."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def _label(event: WyscoutEvent) -> str:
    names = {"Shot": "Shot", "Free kick shot": "Free kick", "Penalty": "Penalty"}
    return names.get(event.sub_event_name, "Shot")


class _Reader:
    def __init__(
        self, file: WyscoutFile, teams: list[TeamData], names: dict[int, str], events: list[WyscoutEvent],
        skipped: Skipped,
    ) -> None:  # fmt: skip
        self._file = file
        self._events = events
        self._skipped = skipped
        self._teams = teams
        self._names = names
        squads = (read_entries(squad, PlayerEntry, "player", skipped) for squad in file.players.values())
        self._players = {entry.player.wy_id: entry.player for squad in squads for entry in squad if entry.player}
        self._start = self._kick_off(file.match.dateutc)
        self._out = EventWriter(PROVIDER, self._start)
        self._score = {team.team_id: 0 for team in teams}
        self._told: dict[int, dict[str, int]] = {}
        self._kicks = {team.team_id: 0 for team in teams}
        self._begins: dict[int, float] = {}
        self._assist: WyscoutEvent | None = None

    @staticmethod
    def _kick_off(text: str) -> Instant:
        try:
            return instant(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
        except ValueError:
            raise InvalidPayload(f"dateutc {text!r} is not a time.") from None

    def read(self) -> FileMatch:
        match = self._file.match
        create = CreateMatch(
            sport="football",
            competition=self._competition(),
            scheduled_at=self._start,
            competitors=[self._competitor(team) for team in self._teams],
            venue=name_in(unescape(match.venue)),
            external_ids={PROVIDER: str(match.wy_id)},
        )
        self._periods()
        return FileMatch(create, self._out.in_time_order())

    def _competition(self) -> NewCompetition:
        match = self._file.match
        number = match.competition_id or match.season_id or 0
        return NewCompetition(
            id=f"wyscout-{number}",
            name=COMPETITIONS.get(number, "Football"),
            season=self._file.match.dateutc[:4],
            round=f"Matchday {match.gameweek}" if match.gameweek else None,
        )

    def _competitor(self, team: TeamData) -> NewCompetitor:
        name = self._names[team.team_id]
        formation = team.formation or Formation()
        squad = [(player, True) for player in self._listed(formation.lineup, FormationPlayer)]
        squad += [(player, False) for player in self._listed(formation.bench, FormationPlayer)]
        return NewCompetitor(
            id=str(team.team_id),
            name=name,
            abbreviation=abbreviate(name),
            qualifier="home" if team.side == "home" else "away",
            lineup=lineup(
                (str(one.player_id), self._player_name(one.player_id), self._position(one.player_id), starter)
                for one, starter in squad
            ),
        )

    def _position(self, player_id: int) -> str | None:
        player = self._players.get(player_id)
        return player.role.name if player else None

    def _listed(self, value: object, shape: type[T]) -> list[T]:
        return read_entries(value, shape, "formation", self._skipped) if isinstance(value, list) else []

    def _player_name(self, player_id: int) -> str:
        player = self._players.get(player_id)
        return (name_in(unescape(player.short_name)) if player else None) or "Unknown player"

    def _player(self, player_id: int, role: str) -> NewEventPlayer:
        return event_players([(str(player_id), role, self._player_name(player_id))])[0]

    def _periods(self) -> None:
        grouped: dict[int, list[WyscoutEvent]] = {}
        for event in self._events:
            grouped.setdefault(PERIODS[event.period], []).append(event)
        last, changes = 0, list(self._changes(grouped))
        for number, events in sorted(grouped.items()):
            if number > 1:
                self._out.wait(BREAK_S[number])
            self._begins[number] = begin = self._out.now_ms
            self._told[number] = {}
            self._out.add(f"{number}.start", "period_start", number, "0", FOOTBALL_STARTS[number])
            for event in sorted(events, key=lambda e: e.second):
                self._event(number, event)
            self._out.now_ms = begin
            late = (second for _, _, _, of, second in changes if of == number)
            self._out.wait(max([event.second for event in events] + list(late)) + 5)
            self._out.add(f"{number}.end", "period_end", number, "8", f"{FOOTBALL_ENDS[number]}: {self._score_text()}")
            last = number
        for change in changes:
            self._substitution(*change)
        if self._file.match.status == "Played":
            self._end(last)

    def _end(self, last: int) -> None:
        """The end of the match with the match object's own score, also where it has no events."""
        final = final_of(self._file.match, self._teams[0], self._teams[1], self._told)
        if isinstance(final, str):
            self._skipped.note("match", final)
            final = None
        if final is None and not last:
            return
        self._out.wait(10)
        self._out.add(
            "end",
            "match_end",
            last or (final.last if final is not None else 1),
            "9",
            f"Full time: {self._score_text(final)}",
            stated=final.goals if final is not None else None,
            detail=final.detail() if final is not None else None,
        )

    def _score_text(self, final: Final | None = None) -> str:
        """The score up to here; at the end as it is stated, since a goal may be tagged nowhere but on the keeper."""
        home, away = (team.team_id for team in self._teams)
        score = self._score if final is None else {side: final.goals[str(side)] for side in (home, away)}
        kicks = self._kicks if SHOOT_OUT in self._begins else None
        if final is not None and final.kicks is not None:
            kicks = {side: final.kicks[str(side)] for side in (home, away)}
        text = f"{self._names[home]} {score[home]}-{score[away]} {self._names[away]}"
        return text if kicks is None else f"{text} ({kicks[home]}-{kicks[away]} on penalties)"

    def _write(
        self,
        number: int,
        event: WyscoutEvent,
        kind: str,
        text: str,
        *,
        players: list[NewEventPlayer],
        team: int | None = None,
        suffix: str = "",
        detail: dict[str, Any] | None = None,
    ) -> None:
        display = minute(number, event.second) if number < SHOOT_OUT else "Penalties"
        prefix = f"{display} " if number < SHOOT_OUT else ""
        self._out.add(
            f"{event.id}{suffix}",
            kind,
            number,
            f"1-{round(event.second * 1000):08d}-{event.id}{suffix}",
            f"{prefix}{text}",
            at=Instant(round(self._begins[number] + event.second * 1000)),
            clock=NewEventClock(display=display, played_s=round(event.second, 3)),
            competitor_id=str(team or event.team_id),
            players=players,
            detail=detail,
        )

    def _event(self, number: int, event: WyscoutEvent) -> None:
        name, tags = self._player_name(event.player_id), event.tag_ids
        team = self._names[event.team_id]
        if ASSIST in tags:
            self._assist = event
        if OWN_GOAL in tags:
            self._own_goal(number, event)
        elif (
            event.event_name == "Shot"
            or event.sub_event_name in ("Free kick shot", "Penalty")
            or (GOAL in tags and event.event_name not in KEEPERS)  # a corner or a cross that went in
        ):
            self._shot(number, event)
        elif event.event_name == "Save attempt":
            if GOAL not in tags:
                keeper = [self._player(event.player_id, "goalkeeper")]
                self._write(number, event, "save", f"{name} ({team}) goes for the ball in goal", players=keeper)
        elif event.event_name == "Offside":
            offender = [self._player(event.player_id, "player")]
            self._write(number, event, "offside", f"Offside, {name} ({team})", players=offender)
        elif event.sub_event_name == "Corner":
            taker = [self._player(event.player_id, "taker")]
            self._write(number, event, "corner", f"Corner for {team}, taken by {name}", players=taker)
        elif event.event_name == "Foul":
            offender = [self._player(event.player_id, "offender")]
            self._write(number, event, "foul", f"{_foul(event)} by {name} ({team})", players=offender)
        for tag, card in CARDS.items():
            if tag in tags:
                self._card(number, event, card)

    def _card(self, number: int, event: WyscoutEvent, card: str) -> None:
        words = {"red": "Red card", "yellow": "Yellow card", "second_yellow": "Second yellow card: off goes"}
        name, team = self._player_name(event.player_id), self._names[event.team_id]
        who = f" {name} ({team})" if card == "second_yellow" else f" for {name} ({team})"
        booked = [self._player(event.player_id, "player")]
        self._write(number, event, "card", words[card] + who, players=booked, suffix=".card", detail={"card": card})

    def _shot(self, number: int, event: WyscoutEvent) -> None:
        tags, name, team = event.tag_ids, self._player_name(event.player_id), self._names[event.team_id]
        body = next((word for tag, word in BODY.items() if tag in tags), None)
        detail: dict[str, Any] = {"onTarget": ACCURATE in tags} | ({"body": body} if body else {})
        penalty = event.sub_event_name == "Penalty"
        players = [self._player(event.player_id, "shooter")]
        if number == SHOOT_OUT and penalty:
            scored = GOAL in tags
            self._kicks[event.team_id] += scored
            text = f"{name} ({team}) {'scores' if scored else 'does not score'} in the shoot-out"
            self._write(number, event, "shootout_kick", text, players=players, detail={"scored": scored})
        elif GOAL in tags:
            self._goal(
                number, event, f" ({'penalty' if penalty else body})" if penalty or body else "", penalty, detail
            )
        elif penalty:
            self._write(number, event, "penalty_missed", f"{name} ({team}) misses the penalty", players=players)
        else:
            where = "on target" if ACCURATE in tags else "off target"
            text = f"{_label(event)} by {name} ({team}), {where}"
            self._write(number, event, "shot", text, players=players, detail=detail)

    def _count(self, number: int, team: int) -> None:
        self._score[team] += 1
        told = self._told.setdefault(number, {})
        told[str(team)] = told.get(str(team), 0) + 1

    def _goal(self, number: int, event: WyscoutEvent, how: str, penalty: bool, detail: dict[str, Any]) -> None:
        self._count(number, event.team_id)
        players = [self._player(event.player_id, "scorer")]
        assist = self._assist
        text = f"Goal! {self._player_name(event.player_id)}{how}"
        if (
            assist is not None
            and assist.team_id == event.team_id
            and assist.period == event.period
            and event.second - assist.second <= ASSIST_WITHIN_S
            and not penalty
        ):
            players.append(self._player(assist.player_id, "assist"))
            text += f", set up by {self._player_name(assist.player_id)}"
        text += f". {self._score_text()}"
        self._write(number, event, "goal", text, players=players, detail=detail | {"penalty": penalty})

    def _own_goal(self, number: int, event: WyscoutEvent) -> None:
        scoring = next(team.team_id for team in self._teams if team.team_id != event.team_id)
        self._count(number, scoring)
        name = self._player_name(event.player_id)
        self._write(
            number,
            event,
            "goal",
            f"Own goal by {name} ({self._names[event.team_id]}). {self._score_text()}",
            players=[self._player(event.player_id, "own_goal")],
            team=scoring,
            detail={"ownGoal": True},
        )

    def _changes(self, played: Collection[int]) -> Iterator[tuple[TeamData, int, Substitution, int, float]]:
        """Each substitution with its place in its team's list, its period, and the second of that."""
        for team in self._teams:
            for index, change in enumerate(self._listed((team.formation or Formation()).substitutions, Substitution)):
                number = next((n for n in (4, 3, 2, 1) if change.minute > span(n, FootballConfig())[0]), 1)
                number = max((n for n in played if n <= number), default=0)
                if number:
                    second = max(0.0, (change.minute - 1 - span(number, FootballConfig())[0]) * 60.0)
                    yield team, index, change, number, second

    def _substitution(self, team: TeamData, index: int, change: Substitution, number: int, second: float) -> None:
        display = minute(number, second)
        coming, going = self._player_name(change.player_in), self._player_name(change.player_out)
        self._out.add(
            f"{team.team_id}.substitution.{index}",
            "substitution",
            number,
            f"1-{round(second * 1000):08d}-{team.team_id}.{index}",
            f"{display} {self._names[team.team_id]} bring on {coming} for {going}",
            at=Instant(round(self._begins[number] + second * 1000)),
            clock=NewEventClock(display=display, played_s=second),
            competitor_id=str(team.team_id),
            players=[self._player(change.player_in, "player_in"), self._player(change.player_out, "player_out")],
        )


COMPETITIONS = {
    28: "World Cup", 102: "European Championship", 364: "Premier League", 412: "Ligue 1", 426: "Bundesliga",
    524: "Serie A", 795: "La Liga",
}  # fmt: skip
"""The seven competitions of the data set, by `competitionId`."""


def _foul(event: WyscoutEvent) -> str:
    return {"Hand foul": "Handball", "Out of game foul": "Foul off the ball"}.get(event.sub_event_name, "Foul")
