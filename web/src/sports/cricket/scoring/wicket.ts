import type { MatchEvent } from "../../../contracts/generated";
import {
  type Action,
  type Answers,
  type Desk,
  type Option,
  person,
  text,
} from "../../shared/scoring/actions";
import { type Entry, opponentOf, type Person } from "../../shared/scoring/entry";
import { ballEntry, digits } from "./delivery";
import { afterBall, batterOptions, bowled, type Innings, perOver, wicketsOf } from "./state";

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

/** Somebody is out by a delivery, and somebody comes in. */
export function wicketAction(desk: Desk, innings: Innings): Action {
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
              options: batterOptions(innings),
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
    places: (answers) => {
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
