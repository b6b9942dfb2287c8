import type { Competitor } from "../../../contracts/generated";
import {
  type Action,
  type Desk,
  type Group,
  named,
  type Option,
  person,
  statusActions,
  text,
} from "../../shared/scoring/actions";
import { type Entry, inRole, opponentOf, sidesOf } from "../../shared/scoring/entry";
import { resultActions } from "../../shared/scoring/results";
import { substitution } from "../../shared/scoring/substitution";
import { periodsOf, SHOOT_OUT } from "../periods";
import { kicksAction, WAYS } from "./results";

/** All that can be entered in football now. */
export function footballPad(desk: Desk): Group[] {
  const [home, away] = sidesOf(desk.match);
  const { stage, period } = desk.progress;
  const kicks = period === SHOOT_OUT && stage === "play";
  const side = (one: Competitor, shift: boolean): Group => ({
    title: one.name,
    actions:
      // A card or a change in a break is of the next period: anything else would say that play goes on.
      stage !== "play"
        ? []
        : kicks
          ? [kick(desk, one, shift, true), kick(desk, one, shift, false), card(desk, one, shift)]
          : sideActions(desk, one, shift),
  });
  return [
    {
      title: "Match",
      actions: [
        ...phaseActions(desk),
        ...(kicks ? [kicksAction(desk, SHOOT_OUT)] : []),
        ...matchActions(desk),
        ...statusActions(desk),
        ...resultActions(desk, WAYS),
      ],
    },
    side(home, false),
    side(away, true),
  ];
}

function phaseActions(desk: Desk): Action[] {
  const { stage, period } = desk.progress;
  const begin = (number: number, label: string, key: string, words: string): Action => ({
    id: `start-${number}`,
    label,
    key,
    tone: "main",
    entries: () => [{ type: "period_start", period: number, text: words, clock: firstClock(desk, number) }],
  });
  const end = (label: string, words: string): Action => ({
    id: `end-${period}`,
    label,
    key: "n",
    tone: "main",
    entries: () => [{ type: "period_end", period, text: words, clock: desk.clock() }],
  });
  const full: Action = {
    id: "full-time",
    label: "Full time",
    key: "n",
    tone: "main",
    entries: () => [{ type: "match_end", period, text: "Full time" }],
  };
  if (stage === "over") return [];
  if (stage === "before") return [begin(1, "Kick-off", "n", "Kick-off")];
  if (stage === "play") {
    if (period === 1) return [end("Half-time", "Half-time")];
    if (period === 2) return [end("End of normal time", "End of normal time")];
    if (period === 3) return [end("Half-time in extra time", "Half-time in extra time")];
    if (period === 4) return [end("End of extra time", "End of extra time")];
    return [{ ...full, label: "End of the shoot-out" }];
  }
  if (period === 1) return [begin(2, "Second half", "n", "The second half begins")];
  const shootOut = begin(SHOOT_OUT, "Shoot-out", "k", "Penalty shoot-out");
  if (period === 2) return [full, begin(3, "Extra time", "x", "Extra time begins"), shootOut];
  if (period === 3)
    return [begin(4, "Second half of extra time", "n", "The second half of extra time begins")];
  return [full, shootOut];
}

function firstClock(desk: Desk, period: number) {
  const planned = periodsOf(desk.config).find(({ number }) => number === period);
  return planned === undefined ? undefined : { display: `${planned.before + 1}'`, playedS: 0 };
}

function entry(desk: Desk, more: Omit<Entry, "period" | "clock">): Entry {
  return { period: Math.max(1, desk.progress.period), clock: desk.clock(), ...more };
}

const MINUTES: Option[] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((n) => ({
  value: n,
  label: n,
  key: n,
}));

const DECISIONS: Option[] = [
  { value: "check", label: "Check in progress", key: "c" },
  { value: "goal stands", label: "Goal stands", key: "g" },
  { value: "no goal", label: "No goal", key: "n" },
  { value: "penalty", label: "Penalty", key: "p" },
  { value: "no penalty", label: "No penalty", key: "o" },
  { value: "red card", label: "Red card", key: "r" },
];

function matchActions(desk: Desk): Action[] {
  if (desk.progress.stage !== "play") return [];
  return [
    {
      id: "var",
      label: "Video review",
      key: "v",
      steps: () => [{ kind: "choice", name: "decision", title: "Video review", options: DECISIONS }],
      entries: ({ decision }) => [
        entry(desk, {
          type: "var",
          detail: { decision: text(decision) },
          text: `Video review: ${text(decision) === "check" ? "check in progress" : text(decision)}`,
        }),
      ],
    },
    {
      id: "added",
      label: "Added time",
      key: "t",
      steps: () => [{ kind: "choice", name: "minutes", title: "Minutes of added time", options: MINUTES }],
      entries: ({ minutes }) => [
        entry(desk, {
          type: "added_time",
          detail: { minutes: Number(text(minutes)) },
          text: `${text(minutes)} ${text(minutes) === "1" ? "minute" : "minutes"} of added time`,
        }),
      ],
    },
  ];
}

function sideActions(desk: Desk, side: Competitor, shift: boolean): Action[] {
  const other = opponentOf(desk.match, side.id);
  const by = (name: string, title: string, without?: readonly string[]) =>
    ({
      kind: "player",
      name,
      title,
      side: side.id,
      optional: true,
      ...(without ? { without } : {}),
    }) as const;
  const simple = (type: string, label: string, key: string, role: string, words: string): Action => ({
    id: `${type}-${side.id}`,
    label,
    key,
    shift,
    side: side.id,
    steps: () => [by("who", `${label}, ${side.name}: by whom?`)],
    entries: ({ who }) => [
      entry(desk, {
        type,
        side: side.id,
        players: inRole(person(who), role),
        text: `${words}, ${named(who, side.name)}`,
      }),
    ],
  });
  return [
    {
      id: `goal-${side.id}`,
      label: "Goal",
      key: "g",
      shift,
      side: side.id,
      tone: "score",
      steps: ({ scorer }) => [
        by("scorer", `Goal for ${side.name}: who scored?`),
        by("assist", "Who assisted?", person(scorer) ? [person(scorer)?.id ?? ""] : []),
      ],
      entries: ({ scorer, assist }) => [
        entry(desk, {
          type: "goal",
          side: side.id,
          players: [...inRole(person(scorer), "scorer"), ...inRole(person(assist), "assist")],
          text:
            `Goal! ${named(scorer, side.name)}${person(scorer) ? ` (${side.abbreviation})` : ""}` +
            (person(assist) ? `, assisted by ${person(assist)?.name}` : ""),
        }),
      ],
    },
    {
      id: `penalty-${side.id}`,
      label: "Penalty",
      key: "p",
      shift,
      side: side.id,
      tone: "score",
      steps: () => [
        {
          kind: "choice",
          name: "result",
          title: `Penalty for ${side.name}`,
          options: [
            { value: "scored", label: "Scored", key: "g" },
            { value: "missed", label: "Missed or saved", key: "m" },
          ],
        },
        by("who", "Who took it?"),
      ],
      entries: ({ result, who }) => [
        text(result) === "scored"
          ? entry(desk, {
              type: "goal",
              side: side.id,
              players: inRole(person(who), "scorer"),
              detail: { penalty: true },
              text: `Goal! ${named(who, side.name)} from the penalty spot`,
            })
          : entry(desk, {
              type: "penalty_missed",
              side: side.id,
              players: inRole(person(who), "shooter"),
              text: `Penalty missed, ${named(who, side.name)}`,
            }),
      ],
    },
    {
      id: `own-${side.id}`,
      label: "Own goal",
      key: "o",
      shift,
      side: side.id,
      tone: "score",
      steps: () => [by("who", `Own goal by ${side.name}: who put it in?`)],
      // It counts for the other side.
      entries: ({ who }) => [
        entry(desk, {
          type: "goal",
          side: other.id,
          players: inRole(person(who), "own_goal"),
          detail: { ownGoal: true },
          text: `Own goal by ${named(who, side.name)}, for ${other.name}`,
        }),
      ],
    },
    card(desk, side, shift),
    substitution({ side, shift, entry: (more) => entry(desk, more) }),
    {
      id: `shot-${side.id}`,
      label: "Shot",
      key: "h",
      shift,
      side: side.id,
      steps: () => [
        {
          kind: "choice",
          name: "where",
          title: `Shot by ${side.name}`,
          options: [
            { value: "saved", label: "On target, saved", key: "s" },
            { value: "wide", label: "Off target", key: "w" },
            { value: "blocked", label: "Blocked", key: "b" },
            { value: "post", label: "Off the woodwork", key: "p" },
          ],
        },
        by("who", "Who shot?"),
      ],
      entries: ({ where, who }) => [
        entry(desk, {
          type: "shot",
          side: side.id,
          players: inRole(person(who), "shooter"),
          detail: { onTarget: text(where) === "saved", result: text(where) },
          text: `${SHOTS[text(where)]}, ${named(who, side.name)}`,
        }),
      ],
    },
    simple("corner", "Corner", "c", "player", "Corner"),
    simple("free_kick", "Free kick", "k", "player", "Free kick"),
    simple("foul", "Foul", "f", "offender", "Foul"),
    simple("offside", "Offside", "d", "player", "Offside"),
  ];
}

const SHOTS: Record<string, string> = {
  saved: "Shot saved",
  wide: "Shot off target",
  blocked: "Shot blocked",
  post: "Off the woodwork",
};

const CARDS: Option[] = [
  { value: "yellow", label: "Yellow", key: "y" },
  { value: "second_yellow", label: "Second yellow", key: "s" },
  { value: "red", label: "Red", key: "r" },
];

const CARD_TEXT: Record<string, string> = {
  yellow: "Yellow card",
  second_yellow: "Second yellow card",
  red: "Red card",
};

function card(desk: Desk, side: Competitor, shift: boolean): Action {
  return {
    id: `card-${side.id}`,
    label: "Card",
    key: "y",
    shift,
    side: side.id,
    tone: "warn",
    steps: () => [
      { kind: "choice", name: "card", title: `Card for ${side.name}`, options: CARDS },
      { kind: "player", name: "who", title: "For whom?", side: side.id, optional: true },
    ],
    entries: ({ card: shown, who }) => [
      entry(desk, {
        type: "card",
        side: side.id,
        players: inRole(person(who), "player"),
        detail: { card: text(shown) },
        text: `${CARD_TEXT[text(shown)]}, ${named(who, side.name)}`,
      }),
    ],
  };
}

function kick(desk: Desk, side: Competitor, shift: boolean, scored: boolean): Action {
  return {
    id: `${scored ? "scored" : "missed"}-${side.id}`,
    label: scored ? "Scored" : "Missed",
    key: scored ? "g" : "m",
    shift,
    side: side.id,
    tone: scored ? "score" : "warn",
    steps: () => [{ kind: "player", name: "who", title: "Who took it?", side: side.id, optional: true }],
    entries: ({ who }) => [
      entry(desk, {
        type: "shootout_kick",
        side: side.id,
        players: inRole(person(who), "shooter"),
        detail: { scored },
        text: `${named(who, side.name)} ${scored ? "scores" : "misses"}`,
      }),
    ],
  };
}
