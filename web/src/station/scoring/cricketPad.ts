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
import { leave, outWithoutBall, penaltyAction } from "./betweenBalls";
import {
  afterBall,
  bowled,
  type CricketState,
  type Innings,
  inningsDue,
  inningsOver,
  type Need,
  needOf,
  perOver,
  targetOf,
  wicketsOf,
} from "./cricket";
import { type Entry, inRole, opponentOf, type Person, sideOf, sidesOf } from "./entry";
import { resultActions, targetAction } from "./results";

/** All that can be entered in cricket now; `state` as `cricketState` has it. */
export function cricketPad(desk: Desk, state: CricketState): Group[] {
  const { present } = state;
  const stage = desk.progress.stage;
  const playing = present !== null && !present.ended && stage !== "over";
  const revise = playing ? [targetAction(present.number, targetOf(state, desk.config) !== null)] : [];
  const match: Group = {
    title: "Match",
    actions: [...phaseActions(desk, state), ...revise, ...statusActions(desk), ...resultActions(desk)],
  };
  if (present === null || present.ended || stage === "over") return [match];
  const finished = inningsOver(state, desk.config) !== null;
  return [
    { title: "Runs", actions: finished ? [] : runActions(desk, present) },
    { title: "Extras and wickets", actions: finished ? [] : otherActions(desk, present) },
    { title: "Batters and bowler", actions: finished ? [] : creaseActions(desk, present) },
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
      key: "d",
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
    penaltyAction(desk, innings),
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
    key: "w",
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
                { value: "wides", label: "A wide", key: "d" },
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
        leave(innings, text(answers.who) === "striker" ? striker : nonStriker, "retired hurt"),
      ],
      crease: (answers) => ({ ...innings.crease, [text(answers.who)]: person(answers.next) ?? undefined }),
    },
    outWithoutBall(innings),
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
    // A super over is one of each side.
    const half = state.innings.filter(({ type }) => type === "super_over").length % 2 === 1;
    if (next <= due || tied || half) actions.push(startAction(desk, state, next));
    if (next > 1)
      actions.push({
        id: "match-end",
        label: "End of the match",
        key: next > due && !tied && !half ? "n" : "e",
        tone: next > due && !half ? "main" : "plain",
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
  if (!desk.config.overs && !finished) actions.push(end("declare", "Declare", "x", true));
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
