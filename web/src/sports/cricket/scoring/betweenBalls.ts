import {
  type Action,
  type Answers,
  type Desk,
  type Option,
  person,
  text,
} from "../../shared/scoring/actions";
import { type Entry, inRole, type Person, sideOf, sidesOf } from "../../shared/scoring/entry";
import { batterOptions, type Innings } from "./state";

const KINDS: Option[] = [
  { value: "retired out", label: "Retired out", key: "r" },
  { value: "timed out", label: "Timed out", key: "t" },
  { value: "absent hurt", label: "Absent hurt", key: "a" },
];

/** Somebody goes, or never comes, without a ball being bowled. */
export function leave(innings: Innings, who: Person | undefined, kind: string): Entry {
  const name = who?.name ?? "The batter";
  return {
    type: "wicket",
    period: innings.number,
    side: innings.batting,
    players: inRole(who, "player_out"),
    detail: { wickets: [{ kind, ...(who === undefined ? {} : { playerOut: who.name }) }] },
    text: kind === "retired hurt" ? `${name} retires hurt` : `${name}: ${kind}`,
  };
}

/** Timed out, retired out, absent hurt: the first two are wickets, none of them the bowler's. */
export function outWithoutBall(innings: Innings): Action {
  const { striker, nonStriker } = innings.crease;
  const waiting = [...innings.out, striker?.id ?? "", nonStriker?.id ?? ""];
  const who = (answers: Answers): Person | undefined => {
    if (text(answers.kind) !== "retired out") return person(answers.player) ?? undefined;
    return text(answers.end) === "nonStriker" ? nonStriker : striker;
  };
  const next = { kind: "player", name: "next", title: "Who comes in?", side: innings.batting } as const;
  return {
    id: "gone",
    label: "Out without a ball",
    key: "g",
    tone: "warn",
    steps: (answers) => [
      { kind: "choice", name: "kind", title: "Out without a ball: how?", options: KINDS },
      ...(text(answers.kind) === "retired out"
        ? [
            {
              kind: "choice",
              name: "end",
              title: "Who retires?",
              options: batterOptions(innings),
            } as const,
            { ...next, optional: true, without: waiting },
          ]
        : [
            {
              kind: "player",
              name: "player",
              title: "Which batter?",
              side: innings.batting,
              without: waiting,
            } as const,
          ]),
    ],
    entries: (answers) => [leave(innings, who(answers), text(answers.kind))],
    places: (answers) =>
      text(answers.kind) === "retired out"
        ? { ...innings.crease, [text(answers.end)]: person(answers.next) ?? undefined }
        : innings.crease,
  };
}

/** Five runs to either side. */
export function penaltyAction(desk: Desk, innings: Innings): Action {
  const batting = sideOf(desk.match, innings.batting);
  const sides = [batting, ...sidesOf(desk.match).filter(({ id }) => id !== batting.id)];
  return {
    id: "penalty",
    label: "Penalty runs",
    key: "p",
    steps: () => [
      {
        kind: "choice",
        name: "to",
        title: "Five penalty runs to whom?",
        options: sides.map(({ id, name }, index) => ({
          value: id,
          label: index === 0 ? `${name} (batting)` : `${name} (in the field)`,
          key: index === 0 ? "y" : "f",
        })),
      },
    ],
    entries: ({ to }) => [
      {
        type: "penalty_runs",
        period: innings.number,
        side: text(to) || batting.id,
        detail: { runs: 5 },
        text: `Five penalty runs to ${sideOf(desk.match, text(to) || batting.id).name}`,
      },
    ],
  };
}
