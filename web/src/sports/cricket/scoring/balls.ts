/** Deliveries that can be entered: runs, extras, wickets. Pure. */
import { type Action, type Desk, text } from "../../shared/scoring/actions";
import { penaltyAction } from "./betweenBalls";
import { ballEntry, digits } from "./delivery";
import type { Innings } from "./state";
import { wicketAction } from "./wicket";

export function runActions(desk: Desk, innings: Innings): Action[] {
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

export function otherActions(desk: Desk, innings: Innings): Action[] {
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
