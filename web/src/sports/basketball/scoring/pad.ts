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
import { AWARDED, NO_RESULT, resultActions, type Way } from "../../shared/scoring/results";
import { substitution } from "../../shared/scoring/substitution";
import { minutesAndSeconds } from "../../shared/scoring/watch";
import { minutesOf, periodLabel, regularPeriods } from "../periods";

const WAYS: readonly Way[] = [
  ...AWARDED,
  { value: "default", label: "Default", key: "d", winner: true, words: "win by default" },
  NO_RESULT,
];

/** All that can be entered in basketball now. */
export function basketballPad(desk: Desk): Group[] {
  const [home, away] = sidesOf(desk.match);
  const plays = desk.progress.stage === "play";
  return [
    {
      title: "Match",
      actions: [...phaseActions(desk), ...statusActions(desk), ...resultActions(desk, WAYS)],
    },
    { title: home.name, actions: plays ? sideActions(desk, home, false) : [] },
    { title: away.name, actions: plays ? sideActions(desk, away, true) : [] },
  ];
}

function phaseActions(desk: Desk): Action[] {
  const { stage, period } = desk.progress;
  const name = (number: number) => periodLabel(number, desk.config);
  const begin = (number: number, key = "n"): Action => ({
    id: `start-${number}`,
    label: `Start ${name(number)}`,
    key,
    tone: "main",
    entries: () => [
      {
        type: "period_start",
        period: number,
        text: `${name(number)} begins`,
        clock: firstClock(desk, number),
      },
    ],
  });
  if (stage === "over") return [];
  if (stage === "before") return [begin(1)];
  if (stage === "play")
    return [
      {
        id: `end-${period}`,
        label: `End ${name(period)}`,
        key: "n",
        tone: "main",
        entries: () => [{ type: "period_end", period, text: `${name(period)} ends`, clock: desk.clock() }],
      },
    ];
  const regular = regularPeriods(desk.config);
  const final: Action = {
    id: "final",
    label: "Final",
    key: "e",
    tone: "main",
    entries: () => [{ type: "match_end", period, text: "Final" }],
  };
  if (period < regular) return [begin(period + 1)];
  return level(desk) ? [begin(period + 1), final] : [{ ...final, key: "n" }, begin(period + 1, "x")];
}

/** Whether both sides have as many points by what stands. */
function level(desk: Desk): boolean {
  const [home, away] = sidesOf(desk.match);
  const points = (side: string) =>
    desk.events.reduce((sum, event) => {
      if (event.competitorId !== side || event.detail.made !== true) return sum;
      if (event.type === "free_throw") return sum + 1;
      return event.type === "shot"
        ? sum + (typeof event.detail.points === "number" ? event.detail.points : 2)
        : sum;
    }, 0);
  return points(home.id) === points(away.id);
}

function firstClock({ config }: Desk, period: number) {
  const seconds = minutesOf(period, config) * 60;
  return { display: `${periodLabel(period, config)} ${minutesAndSeconds(seconds)}`, remainingS: seconds };
}

const FOULS: Option[] = [
  { value: "personal", label: "Personal", key: "p" },
  { value: "shooting", label: "Shooting", key: "s" },
  { value: "offensive", label: "Offensive", key: "o" },
  { value: "technical", label: "Technical", key: "t" },
  { value: "unsportsmanlike", label: "Unsportsmanlike", key: "u" },
];

function sideActions(desk: Desk, side: Competitor, shift: boolean): Action[] {
  const other = opponentOf(desk.match, side.id);
  const entry = (type: string, more: Omit<Entry, "period" | "clock" | "type">): Entry => ({
    type,
    period: desk.progress.period,
    clock: desk.clock(),
    side: side.id,
    ...more,
  });
  const who = (title: string, of = side, name = "who") =>
    ({ kind: "player", name, title, side: of.id, optional: true }) as const;
  const shot = (points: 1 | 2 | 3, made: boolean, key: string): Action => {
    const what = points === 1 ? "free throw" : points === 2 ? "two-pointer" : "three-pointer";
    return {
      id: `${made ? "made" : "missed"}-${points}-${side.id}`,
      label: made ? `+${points}` : `Miss ${points}`,
      key,
      shift,
      side: side.id,
      tone: made ? "score" : "plain",
      third: true,
      steps: ({ who: shooter }) => [
        who(`${side.name} ${made ? "make" : "miss"} a ${what}: who?`),
        ...(points === 1
          ? []
          : made
            ? [{ ...who("Who assisted?", side, "second"), without: [person(shooter)?.id ?? ""] }]
            : [who("Who blocked it?", other, "second")]),
      ],
      entries: ({ who: shooter, second }) => [
        entry(points === 1 ? "free_throw" : "shot", {
          detail: points === 1 ? { made } : { made, points },
          players: [
            ...inRole(person(shooter), "shooter"),
            ...inRole(person(second), made ? "assist" : "block"),
          ],
          text:
            `${named(shooter, side.name)} ${made ? "makes" : "misses"} a ${what}` +
            (person(second)
              ? made
                ? ` (${person(second)?.name} assists)`
                : ` (blocked by ${person(second)?.name})`
              : ""),
        }),
      ],
    };
  };
  const rebound = (kind: "def" | "off", key: string): Action => ({
    id: `rebound-${kind}-${side.id}`,
    label: kind === "def" ? "Defensive rebound" : "Offensive rebound",
    key,
    shift,
    side: side.id,
    steps: () => [who(`${kind === "def" ? "Defensive" : "Offensive"} rebound, ${side.name}`)],
    entries: ({ who: by }) => [
      entry("rebound", {
        detail: { kind },
        players: inRole(person(by), "rebounder"),
        text: `${kind === "def" ? "Defensive" : "Offensive"} rebound, ${named(by, side.name)}`,
      }),
    ],
  });
  const plain = (type: string, label: string, key: string): Action => ({
    id: `${type}-${side.id}`,
    label,
    key,
    shift,
    side: side.id,
    entries: () => [entry(type, { text: `${label}, ${side.name}` })],
  });
  return [
    shot(1, true, "1"),
    shot(2, true, "2"),
    shot(3, true, "3"),
    shot(1, false, "4"),
    shot(2, false, "5"),
    shot(3, false, "6"),
    rebound("def", "r"),
    rebound("off", "o"),
    {
      id: `foul-${side.id}`,
      label: "Foul",
      key: "f",
      shift,
      side: side.id,
      tone: "warn",
      steps: () => [
        { kind: "choice", name: "kind", title: `Foul by ${side.name}`, options: FOULS },
        who("By whom?"),
      ],
      entries: ({ kind, who: by }) => [
        entry("foul", {
          detail: { kind: text(kind) },
          players: inRole(person(by), "offender"),
          text: `${FOULS.find(({ value }) => value === text(kind))?.label ?? ""} foul, ${named(by, side.name)}`,
        }),
      ],
    },
    {
      id: `turnover-${side.id}`,
      label: "Turnover",
      key: "t",
      shift,
      side: side.id,
      steps: () => [who(`Turnover by ${side.name}: who?`), who("Who stole it?", other, "steal")],
      entries: ({ who: by, steal }) => [
        entry("turnover", {
          players: [...inRole(person(by), "player"), ...inRole(person(steal), "steal")],
          text:
            `Turnover, ${named(by, side.name)}` +
            (person(steal) ? ` (stolen by ${person(steal)?.name})` : ""),
        }),
      ],
    },
    plain("timeout", "Time-out", "m"),
    substitution({ side, shift, entry: ({ type, ...more }) => entry(type, more) }),
    plain("violation", "Violation", "v"),
    plain("jump_ball", "Jump ball won", "j"),
  ];
}
