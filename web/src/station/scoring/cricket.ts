import type { MatchEvent } from "../../contracts/generated";
import {
  type Action,
  type Answers,
  type Desk,
  type Group,
  type Option,
  person,
  statusActions,
  text,
} from "./actions";
import { type Entry, inRole, opponentOf, type Person, playersOf, sideOf, sidesOf, withRole } from "./entry";

/** Who is in the middle. A place is empty until somebody is named for it. */
export interface Crease {
  striker?: Person | undefined;
  nonStriker?: Person | undefined;
  bowler?: Person | undefined;
}

export interface Figures {
  person: Person;
  runs: number;
  balls: number;
}

export interface Innings {
  number: number;
  type: "innings" | "super_over";
  batting: string;
  runs: number;
  wickets: number;
  /** Legal deliveries by the number of their over, from 0. */
  overs: Map<number, number>;
  ended: boolean;
  crease: Crease;
  /** The deliveries of the over that is bowled, or of the one just ended. */
  over: MatchEvent[];
  /** Whether the over before the next delivery has just ended. */
  overEnded: boolean;
  batters: Map<string, Figures>;
  bowlers: Map<string, Figures & { wickets: number }>;
  out: Set<string>;
  lastBowler: string | null;
}

export interface CricketState {
  innings: Innings[];
  present: Innings | null;
  toss: string | null;
}

const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const NOT_OUT = new Set(["retired hurt", "retired not out"]);
const BOWLERS = new Set(["bowled", "caught", "caught and bowled", "lbw", "stumped", "hit wicket"]);

export function perOver(config: Record<string, unknown>): number {
  return count(config.ballsPerOver) || 6;
}

function wicketsOf(config: Record<string, unknown>, type: Innings["type"]): number {
  return type === "super_over" ? 2 : count(config.wickets) || 10;
}

function inningsDue(config: Record<string, unknown>): number {
  return 2 * (count(config.inningsPerSide) || 1);
}

interface Delivery {
  bat: number;
  wides: number;
  noballs: number;
  byes: number;
  legbyes: number;
  penalty: number;
  kinds: { kind: string; out: string | null }[];
}

function deliveryOf({ detail }: MatchEvent): Delivery {
  const extras = (detail.extras ?? {}) as Record<string, unknown>;
  const wickets = Array.isArray(detail.wickets) ? (detail.wickets as Record<string, unknown>[]) : [];
  return {
    bat: count(detail.batterRuns),
    wides: count(extras.wides),
    noballs: count(extras.noballs),
    byes: count(extras.byes),
    legbyes: count(extras.legbyes),
    penalty: count(extras.penalty),
    kinds: wickets.map(({ kind, playerOut }) => ({
      kind: String(kind),
      out: typeof playerOut === "string" ? playerOut : null,
    })),
  };
}

/** How often the batters crossed: a wide and a no-ball have one run that nobody ran. */
function crossings(ball: Delivery): number {
  return ball.bat + ball.byes + ball.legbyes + Math.max(0, ball.wides - 1) + Math.max(0, ball.noballs - 1);
}

/**
 * Who faces after a delivery. Odd runs change ends, and so does the end of an over; the place of a batter who is out
 * is empty. A batter who comes in takes the place of the one who is out (MCC Law 18.11: whoever crossed).
 */
export function afterBall(crease: Crease, event: MatchEvent, overEnded: boolean): Crease {
  const ball = deliveryOf(event);
  let { striker, nonStriker } = crease;
  if (crossings(ball) % 2 === 1) [striker, nonStriker] = [nonStriker, striker];
  for (const player of event.players)
    if (player.role === "player_out") {
      if (striker?.id === player.id) striker = undefined;
      else if (nonStriker?.id === player.id) nonStriker = undefined;
    }
  if (overEnded) [striker, nonStriker] = [nonStriker, striker];
  return { striker, nonStriker, bowler: overEnded ? undefined : crease.bowler };
}

/**
 * The match by what stands. `creases`: who was put into the middle by hand, by the id of the event after which it was
 * done; it holds until that event is not the last any more, so an undone ball brings back who stood there before.
 */
export function cricketState(
  events: readonly MatchEvent[],
  config: Record<string, unknown>,
  creases: Readonly<Record<string, Crease>>,
): CricketState {
  const all = new Map<number, Innings>();
  let present: Innings | null = null;
  let toss: string | null = null;
  for (const event of events) {
    if (event.type === "toss") toss = event.competitorId ?? null;
    const batting = event.detail.battingId;
    if (event.type === "period_start" && typeof batting === "string") {
      present = newInnings(event.period, batting, config);
      present.crease = creases[event.eventId] ?? {};
      all.set(event.period, present);
      continue;
    }
    const innings = all.get(event.period);
    if (event.type === "ball" && event.competitorId !== undefined) {
      present = innings ?? newInnings(event.period, event.competitorId, config);
      all.set(event.period, present);
      deliver(present, event, perOver(config));
    } else if (innings !== undefined && event.type === "penalty_runs")
      innings.runs += count(event.detail.runs);
    else if (innings !== undefined && event.type === "period_end") innings.ended = true;
    const put = creases[event.eventId];
    if (put !== undefined && present !== null && event.period === present.number) present.crease = put;
  }
  return { innings: [...all.values()], present, toss };
}

function newInnings(number: number, batting: string, config: Record<string, unknown>): Innings {
  return {
    number,
    type: number <= inningsDue(config) ? "innings" : "super_over",
    batting,
    runs: 0,
    wickets: 0,
    overs: new Map(),
    ended: false,
    crease: {},
    over: [],
    overEnded: false,
    batters: new Map(),
    bowlers: new Map(),
    out: new Set(),
    lastBowler: null,
  };
}

function deliver(innings: Innings, event: MatchEvent, balls: number): void {
  const ball = deliveryOf(event);
  const legal = ball.wides === 0 && ball.noballs === 0;
  const [striker, nonStriker, bowler] = ["batter", "non_striker", "bowler"].map((role) =>
    withRole(event, role),
  );
  if (innings.overEnded || innings.over.length === 0) innings.over = [];
  innings.over.push(event);
  const over = typeof event.detail.over === "number" ? event.detail.over : bowled(innings, balls)[0];
  innings.overs.set(over, (innings.overs.get(over) ?? 0) + (legal ? 1 : 0));
  innings.overEnded = legal && bowled(innings, balls)[1] === 0;
  innings.runs += ball.bat + ball.wides + ball.noballs + ball.byes + ball.legbyes + ball.penalty;
  const wickets = ball.kinds.filter(({ kind }) => !NOT_OUT.has(kind));
  innings.wickets += wickets.length;
  if (striker !== undefined) {
    const figures = innings.batters.get(striker.id) ?? { person: striker, runs: 0, balls: 0 };
    figures.runs += ball.bat;
    figures.balls += ball.wides === 0 ? 1 : 0;
    innings.batters.set(striker.id, figures);
  }
  if (bowler !== undefined) {
    const figures = innings.bowlers.get(bowler.id) ?? { person: bowler, runs: 0, balls: 0, wickets: 0 };
    figures.runs += ball.bat + ball.wides + ball.noballs;
    figures.balls += legal ? 1 : 0;
    figures.wickets += wickets.filter(({ kind }) => BOWLERS.has(kind)).length;
    innings.bowlers.set(bowler.id, figures);
    innings.lastBowler = bowler.id;
  }
  for (const player of event.players) if (player.role === "player_out") innings.out.add(player.id);
  innings.crease = afterBall({ striker, nonStriker, bowler }, event, innings.overEnded);
}

/** Whole overs, and fair balls since: by the overs that the balls say they are of, as the server counts them. */
export function bowled({ overs }: Innings, balls: number): [number, number] {
  if (overs.size === 0) return [0, 0];
  const last = Math.max(...overs.keys());
  const fair = overs.get(last) ?? 0;
  return fair >= balls ? [last + 1, 0] : [last, fair];
}

/** `12.4`, and `12` for whole overs. */
export function oversText(innings: Innings, balls: number): string {
  const [over, fair] = bowled(innings, balls);
  return fair === 0 ? String(over) : `${over}.${fair}`;
}

/** The overs of a bowler, who may have changed with another within one. */
export function bowlersOvers(fair: number, balls: number): string {
  return fair % balls === 0 ? String(fair / balls) : `${Math.floor(fair / balls)}.${fair % balls}`;
}

/** Why no ball can be bowled in this innings any more; null while one can. */
export function inningsOver(state: CricketState, config: Record<string, unknown>): string | null {
  const { present } = state;
  if (present === null || present.ended) return null;
  if (present.wickets >= wicketsOf(config, present.type)) return "All out";
  const overs = present.type === "super_over" ? 1 : count(config.overs);
  if (overs > 0 && bowled(present, perOver(config))[0] >= overs) return "All overs bowled";
  const target = targetOf(state, config);
  return target !== null && present.runs >= target ? "Target reached" : null;
}

/** What the side that bats last needs to win. */
export function targetOf({ innings, present }: CricketState, config: Record<string, unknown>): number | null {
  if (present === null) return null;
  let before = innings.filter(({ type, number }) => type === present.type && number < present.number);
  if (present.type === "super_over") before = before.length % 2 === 1 ? before.slice(-1) : [];
  else if (before.length !== inningsDue(config) - 1) before = [];
  if (before.length === 0) return null;
  const lead = before.reduce(
    (sum, { batting, runs }) => sum + (batting === present.batting ? -runs : runs),
    0,
  );
  return Math.max(lead + 1, 1);
}

export type Need = "striker" | "nonStriker" | "bowler";

/** What has to be known before the next ball. */
export function needOf(innings: Innings): Need | null {
  if (innings.crease.striker === undefined) return "striker";
  if (innings.crease.nonStriker === undefined) return "nonStriker";
  return innings.crease.bowler === undefined ? "bowler" : null;
}

/** All that can be entered in cricket now; `state` as `cricketState` has it. */
export function cricketPad(desk: Desk, state: CricketState): Group[] {
  const { present } = state;
  const stage = desk.progress.stage;
  const match: Group = { title: "Match", actions: [...phaseActions(desk, state), ...statusActions(desk)] };
  if (present === null || present.ended || stage === "over") return [match];
  const finished = inningsOver(state, desk.config) !== null;
  return [
    { title: "Runs", actions: finished ? [] : runActions(desk, present) },
    { title: "Extras and wickets", actions: finished ? [] : otherActions(desk, present) },
    { title: "In the middle", actions: finished ? [] : creaseActions(desk, present) },
    match,
  ];
}

const digits = (values: readonly number[], labels: Record<number, string> = {}): Option[] =>
  values.map((n) => ({ value: String(n), label: labels[n] ?? String(n), key: String(n) }));

interface Ball {
  bat?: number;
  extras?: Record<string, number>;
  nonBoundary?: boolean;
  wicket?: { kind: string; out: Person; fielder: Person | null };
  words: string;
}

function ballEntry(desk: Desk, innings: Innings, ball: Ball): Entry {
  const { striker, nonStriker, bowler } = innings.crease;
  const balls = perOver(desk.config);
  const [over, fair] = bowled(innings, balls);
  const place = `${over}.${fair + 1}`;
  const last = (one: Person | undefined) => one?.name.split(" ").at(-1) ?? "";
  return {
    type: "ball",
    period: innings.number,
    side: innings.batting,
    clock: { display: place },
    players: [
      ...inRole(striker, "batter"),
      ...inRole(bowler, "bowler"),
      ...inRole(nonStriker, "non_striker"),
      ...inRole(ball.wicket?.out, "player_out"),
      ...inRole(ball.wicket?.fielder, "fielder"),
    ],
    detail: {
      over,
      batterRuns: ball.bat ?? 0,
      ...(ball.extras ? { extras: ball.extras } : {}),
      ...(ball.nonBoundary ? { nonBoundary: true } : {}),
      ...(ball.wicket ? { wickets: [{ kind: ball.wicket.kind, playerOut: ball.wicket.out.name }] } : {}),
    },
    text: `${place} ${last(bowler)} to ${last(striker)}, ${ball.words}`,
  };
}

/** A step for whoever is still missing, before the ball itself is asked about. */
function missing(desk: Desk, innings: Innings): ReturnType<NonNullable<Action["steps"]>> {
  const need = needOf(innings);
  return need === null ? [] : [creaseStep(desk, innings, need)];
}

const TITLES: Record<Need, string> = {
  striker: "Who faces?",
  nonStriker: "Who is at the other end?",
  bowler: "Who bowls?",
};

function creaseStep(desk: Desk, innings: Innings, need: Need) {
  const { striker, nonStriker } = innings.crease;
  const fielding = opponentOf(desk.match, innings.batting).id;
  return {
    kind: "player",
    name: need,
    title: need !== "bowler" && innings.overs.size > 0 ? "Who comes in?" : TITLES[need],
    side: need === "bowler" ? fielding : innings.batting,
    without:
      need === "bowler"
        ? innings.overEnded && innings.lastBowler !== null
          ? [innings.lastBowler]
          : []
        : [...innings.out, striker?.id ?? "", nonStriker?.id ?? ""],
  } as const;
}

function runActions(desk: Desk, innings: Innings): Action[] {
  const run = (runs: number, key: string, label: string, words: string, nonBoundary = false): Action => ({
    id: `run-${runs}${nonBoundary ? "-run" : ""}`,
    label,
    key,
    shift: nonBoundary,
    tone: runs === 4 || runs === 6 ? (nonBoundary ? "plain" : "score") : "plain",
    entries: () => [ballEntry(desk, innings, { bat: runs, nonBoundary, words })],
  });
  return [
    run(0, "0", "Dot", "no run"),
    run(1, "1", "1", "1 run"),
    run(2, "2", "2", "2 runs"),
    run(3, "3", "3", "3 runs"),
    run(4, "4", "Four", "FOUR"),
    run(5, "5", "5", "5 runs"),
    run(6, "6", "Six", "SIX"),
    run(4, "4", "4 run", "4 runs, all run", true),
  ];
}

const plural = (n: number, word: string) => (n === 1 ? `1 ${word}` : `${n} ${word}s`);

function otherActions(desk: Desk, innings: Innings): Action[] {
  const extra = (name: "byes" | "legbyes", label: string, key: string, word: string): Action => ({
    id: name,
    label,
    key,
    steps: () => [
      { kind: "choice", name: "runs", title: `${label}: how many?`, options: digits([1, 2, 3, 4]) },
    ],
    entries: ({ runs }) => [
      ballEntry(desk, innings, {
        extras: { [name]: Number(text(runs)) },
        words: plural(Number(text(runs)), word),
      }),
    ],
  });
  return [
    {
      id: "wide",
      label: "Wide",
      key: "w",
      steps: () => [
        {
          kind: "choice",
          name: "runs",
          title: "Wide: what did they run besides?",
          options: digits([0, 1, 2, 3, 4], { 0: "Nothing", 4: "4 (boundary)" }),
        },
      ],
      entries: ({ runs }) => [
        ballEntry(desk, innings, {
          extras: { wides: 1 + Number(text(runs)) },
          words: text(runs) === "0" ? "wide" : `${1 + Number(text(runs))} wides`,
        }),
      ],
    },
    {
      id: "noball",
      label: "No-ball",
      key: "n",
      steps: ({ how }) => [
        {
          kind: "choice",
          name: "how",
          title: "No-ball: what came off it?",
          options: [
            ...digits([0, 1, 2, 3, 4, 6], { 0: "Nothing", 4: "Four", 6: "Six" }),
            { value: "byes", label: "Byes", key: "b" },
            { value: "legbyes", label: "Leg byes", key: "l" },
          ],
        },
        ...(text(how) === "byes" || text(how) === "legbyes"
          ? [{ kind: "choice", name: "runs", title: "How many?", options: digits([1, 2, 3, 4]) } as const]
          : []),
      ],
      entries: ({ how, runs }) => {
        const off = Number(text(how));
        return [
          Number.isNaN(off)
            ? ballEntry(desk, innings, {
                extras: { noballs: 1, [text(how)]: Number(text(runs)) },
                words: `no-ball and ${plural(Number(text(runs)), text(how) === "byes" ? "bye" : "leg bye")}`,
              })
            : ballEntry(desk, innings, {
                bat: off,
                extras: { noballs: 1 },
                words: off === 0 ? "no-ball" : `no-ball, ${plural(off, "run")} off the bat`,
              }),
        ];
      },
    },
    extra("byes", "Byes", "b", "bye"),
    extra("legbyes", "Leg byes", "l", "leg bye"),
    wicketAction(desk, innings),
    {
      id: "penalty",
      label: "Penalty runs",
      key: "p",
      steps: () => [
        {
          kind: "choice",
          name: "sure",
          title: `Five penalty runs to ${sideOf(desk.match, innings.batting).name}?`,
          options: [{ value: "5", label: "Award five runs", key: "y" }],
        },
      ],
      entries: () => [
        {
          type: "penalty_runs",
          period: innings.number,
          side: innings.batting,
          detail: { runs: 5 },
          text: `Five penalty runs to ${sideOf(desk.match, innings.batting).name}`,
        },
      ],
    },
  ];
}

const KINDS: Option[] = [
  { value: "bowled", label: "Bowled", key: "b" },
  { value: "caught", label: "Caught", key: "c" },
  { value: "lbw", label: "LBW", key: "l" },
  { value: "run out", label: "Run out", key: "r" },
  { value: "stumped", label: "Stumped", key: "s" },
  { value: "caught and bowled", label: "Caught and bowled", key: "d" },
  { value: "hit wicket", label: "Hit wicket", key: "h" },
  { value: "obstructing the field", label: "Obstructing the field", key: "o" },
];

function wicketAction(desk: Desk, innings: Innings): Action {
  const { striker, nonStriker } = innings.crease;
  const fielding = opponentOf(desk.match, innings.batting);
  const last = innings.wickets + 1 >= wicketsOf(desk.config, innings.type);
  const who = (answers: Answers): Person | undefined =>
    text(answers.out) === "nonStriker" ? nonStriker : striker;
  const isRun = ({ kind }: Answers) => text(kind) === "run out" || text(kind) === "obstructing the field";
  return {
    id: "wicket",
    label: "Wicket",
    key: "o",
    tone: "warn",
    steps: (answers) => [
      { kind: "choice", name: "kind", title: "Out! How?", options: KINDS },
      ...(isRun(answers)
        ? ([
            {
              kind: "choice",
              name: "out",
              title: "Who is out?",
              options: [
                { value: "striker", label: striker?.name ?? "Striker", key: "1" },
                { value: "nonStriker", label: nonStriker?.name ?? "Non-striker", key: "2" },
              ],
            },
            { kind: "choice", name: "runs", title: "Runs completed?", options: digits([0, 1, 2, 3]) },
          ] as const)
        : []),
      ...(["caught", "run out", "stumped"].includes(text(answers.kind))
        ? [
            {
              kind: "player",
              name: "fielder",
              title: text(answers.kind) === "stumped" ? "Who kept wicket?" : "Which fielder?",
              side: fielding.id,
              optional: true,
            } as const,
          ]
        : []),
      ...(["stumped", "run out"].includes(text(answers.kind))
        ? [
            {
              kind: "choice",
              name: "ball",
              title: "Off what kind of ball?",
              options: [
                { value: "legal", label: "A fair one", key: "f" },
                { value: "wides", label: "A wide", key: "w" },
                ...(text(answers.kind) === "run out"
                  ? [{ value: "noballs", label: "A no-ball", key: "n" }]
                  : []),
              ],
            } as const,
          ]
        : []),
      ...(last
        ? []
        : [
            {
              kind: "player",
              name: "next",
              title: "Who comes in?",
              side: innings.batting,
              optional: true,
              without: [...innings.out, striker?.id ?? "", nonStriker?.id ?? ""],
            } as const,
          ]),
    ],
    entries: (answers) => [wicketBall(desk, innings, answers, who(answers))],
    crease: (answers) => {
      const entry = wicketBall(desk, innings, answers, who(answers));
      const balls = perOver(desk.config);
      const extras = (entry.detail?.extras ?? {}) as Record<string, number>;
      const legal = !extras.wides && !extras.noballs;
      const event = { detail: entry.detail ?? {}, players: entry.players ?? [] } as unknown as MatchEvent;
      const after = afterBall(innings.crease, event, legal && bowled(innings, balls)[1] + 1 === balls);
      const next = person(answers.next) ?? undefined;
      if (after.striker === undefined) return { ...after, striker: next };
      return after.nonStriker === undefined ? { ...after, nonStriker: next } : after;
    },
  };
}

function wicketBall(desk: Desk, innings: Innings, answers: Answers, out: Person | undefined): Entry {
  const kind = text(answers.kind);
  const runs = Number(text(answers.runs) || "0");
  const ball = text(answers.ball);
  const fielder = person(answers.fielder);
  const off: Record<string, number> | null =
    ball === "wides" ? { wides: 1 + runs } : ball === "noballs" ? { noballs: 1 } : null;
  const name = out?.name ?? "The batter";
  return ballEntry(desk, innings, {
    bat: ball === "wides" ? 0 : runs,
    ...(off === null ? {} : { extras: off }),
    wicket: { kind, out: out ?? { id: "unknown", name: "Unknown" }, fielder },
    words: `OUT! ${name} ${kind}${fielder ? (kind === "caught" ? ` by ${fielder.name}` : ` (${fielder.name})`) : ""}`,
  });
}

/** The id of the event that a crease is put down after. */
export function lastEventOf(innings: Innings, events: readonly MatchEvent[]): string | null {
  return events.findLast(({ period }) => period === innings.number)?.eventId ?? null;
}

function creaseActions(desk: Desk, innings: Innings): Action[] {
  const { striker, nonStriker, bowler } = innings.crease;
  const change = (id: Need, label: string, key: string): Action => ({
    id: `crease-${id}`,
    label,
    key,
    steps: () => [creaseStep(desk, { ...innings, crease: { ...innings.crease, [id]: undefined } }, id)],
    entries: () => [],
    crease: (answers) => ({ ...innings.crease, [id]: person(answers[id]) ?? undefined }),
  });
  return [
    {
      id: "swap",
      label: "Swap ends",
      key: "s",
      entries: () => [],
      crease: () => ({ striker: nonStriker, nonStriker: striker, bowler }),
    },
    change("striker", "Striker", "k"),
    change("nonStriker", "Non-striker", "j"),
    change("bowler", "Bowler", "m"),
    {
      id: "retired",
      label: "Retired hurt",
      key: "h",
      steps: () => [
        {
          kind: "choice",
          name: "who",
          title: "Who retires hurt?",
          options: [
            { value: "striker", label: striker?.name ?? "Striker", key: "1" },
            { value: "nonStriker", label: nonStriker?.name ?? "Non-striker", key: "2" },
          ],
        },
        {
          kind: "player",
          name: "next",
          title: "Who comes in?",
          side: innings.batting,
          without: [...innings.out, striker?.id ?? "", nonStriker?.id ?? ""],
        },
      ],
      entries: (answers) => [
        {
          type: "retired",
          period: innings.number,
          side: innings.batting,
          players: inRole(text(answers.who) === "striker" ? striker : nonStriker, "batter"),
          text: `${(text(answers.who) === "striker" ? striker : nonStriker)?.name ?? "The batter"} retires hurt`,
        },
      ],
      crease: (answers) => ({ ...innings.crease, [text(answers.who)]: person(answers.next) ?? undefined }),
    },
  ];
}

/** The step that asks for whoever is missing, as an action of its own. */
export function needAction(desk: Desk, innings: Innings, need: Need): Action {
  return {
    id: `need-${need}`,
    label: TITLES[need],
    steps: () => missing(desk, { ...innings, crease: { ...innings.crease, [need]: undefined } }),
    entries: () => [],
    crease: (answers) => ({ ...innings.crease, [need]: person(answers[need]) ?? undefined }),
  };
}

function phaseActions(desk: Desk, state: CricketState): Action[] {
  const { present } = state;
  const sides = sidesOf(desk.match);
  const due = inningsDue(desk.config);
  if (desk.progress.stage === "over") return [];
  const actions: Action[] = [];
  if (state.innings.length === 0 && state.toss === null) actions.push(tossAction(desk));
  if (present === null || present.ended) {
    const next = (present?.number ?? 0) + 1;
    const tied = next > due && isTied(state);
    if (next <= due) actions.push(startAction(desk, state, next));
    else if (tied) actions.push(startAction(desk, state, next));
    if (next > 1)
      actions.push({
        id: "match-end",
        label: "End of the match",
        key: next > due && !tied ? "n" : "e",
        tone: next > due ? "main" : "plain",
        steps: () =>
          tied
            ? [
                {
                  kind: "choice",
                  name: "winner",
                  title: "The scores are level. Who wins?",
                  options: [
                    { value: "", label: "Nobody: a tie", key: "t" },
                    ...sides.map((side, index) => ({
                      value: side.id,
                      label: side.name,
                      key: String(index + 1),
                    })),
                  ],
                },
              ]
            : [],
        entries: ({ winner }) => [
          {
            type: "match_end",
            period: Math.max(1, next - 1),
            detail: text(winner) ? { outcome: { winnerId: text(winner) } } : {},
            text: "End of the match",
          },
        ],
      });
    return actions;
  }
  const finished = inningsOver(state, desk.config) !== null;
  const end = (id: string, label: string, key: string, declared: boolean): Action => ({
    id,
    label,
    key,
    tone: finished && !declared ? "main" : "plain",
    entries: () => [
      {
        type: "period_end",
        period: present.number,
        side: present.batting,
        detail: declared ? { declared: true } : {},
        text: `${sideOf(desk.match, present.batting).name} ${declared ? "declare" : "finish"} on ${present.runs}/${present.wickets}`,
      },
    ],
  });
  actions.push(end("end-innings", "End of innings", "e", false));
  if (!desk.config.overs && !finished) actions.push(end("declare", "Declare", "d", true));
  return actions;
}

function isTied({ innings }: CricketState): boolean {
  const runs = new Map<string, number>();
  const overs = innings.filter(({ type }) => type === "super_over");
  for (const one of overs.length > 0 ? overs.slice(-2) : innings)
    runs.set(one.batting, (runs.get(one.batting) ?? 0) + one.runs);
  const [a, b] = [...runs.values()];
  return a !== undefined && a === b;
}

function tossAction(desk: Desk): Action {
  const sides = sidesOf(desk.match);
  return {
    id: "toss",
    label: "Toss",
    key: "t",
    tone: "main",
    steps: () => [
      {
        kind: "choice",
        name: "winner",
        title: "Who won the toss?",
        options: sides.map((side, index) => ({ value: side.id, label: side.name, key: String(index + 1) })),
      },
      {
        kind: "choice",
        name: "chose",
        title: "And chose to?",
        options: [
          { value: "bat", label: "Bat", key: "b" },
          { value: "field", label: "Field", key: "f" },
        ],
      },
    ],
    entries: ({ winner, chose }) => [
      {
        type: "toss",
        period: 0,
        side: text(winner),
        detail: { decision: text(chose) },
        text: `${sideOf(desk.match, text(winner)).name} won the toss and chose to ${text(chose)}`,
      },
    ],
  };
}

/** Whose turn it is to bat: as the toss says, then the other side; a super over is begun by who batted last. */
function battingNext(desk: Desk, state: CricketState, number: number): string {
  const toss = desk.events.find(({ type }) => type === "toss");
  const last = state.innings.at(-1);
  if (last !== undefined)
    return number === inningsDue(desk.config) + 1 ? last.batting : opponentOf(desk.match, last.batting).id;
  const winner = toss?.competitorId ?? sidesOf(desk.match)[0].id;
  return toss?.detail.decision === "field" ? opponentOf(desk.match, winner).id : winner;
}

function startAction(desk: Desk, state: CricketState, number: number): Action {
  const superOver = number > inningsDue(desk.config);
  const turn = battingNext(desk, state, number);
  const other = opponentOf(desk.match, turn);
  const batting = (answers: Answers) => text(answers.batting) || turn;
  return {
    id: `start-${number}`,
    label: superOver ? "Super over" : number === 1 ? "Start of play" : "Next innings",
    key: "n",
    tone: "main",
    steps: (answers) => [
      {
        kind: "choice",
        name: "batting",
        title: "Who bats?",
        options: [
          { value: turn, label: sideOf(desk.match, turn).name, key: "1" },
          { value: other.id, label: other.name, key: "2" },
        ],
      },
      { kind: "player", name: "striker", title: "Who faces the first ball?", side: batting(answers) },
      {
        kind: "player",
        name: "nonStriker",
        title: "Who is at the other end?",
        side: batting(answers),
        without: [person(answers.striker)?.id ?? ""],
      },
      {
        kind: "player",
        name: "bowler",
        title: "Who bowls?",
        side: opponentOf(desk.match, batting(answers)).id,
      },
    ],
    entries: (answers) => [
      {
        type: "period_start",
        period: number,
        side: batting(answers),
        detail: { type: superOver ? "super_over" : "innings", battingId: batting(answers) },
        text: `${sideOf(desk.match, batting(answers)).name} begin their ${superOver ? "super over" : "innings"}`,
      },
    ],
    crease: (answers) => ({
      striker: person(answers.striker) ?? undefined,
      nonStriker: person(answers.nonStriker) ?? undefined,
      bowler: person(answers.bowler) ?? undefined,
    }),
  };
}

/** Batters who have not been in, by their order in the line-up. */
export function yetToBat(desk: Desk, innings: Innings): Person[] {
  const { striker, nonStriker } = innings.crease;
  return playersOf(sideOf(desk.match, innings.batting), []).filter(
    ({ id }) =>
      !innings.out.has(id) && !innings.batters.has(id) && id !== striker?.id && id !== nonStriker?.id,
  );
}
