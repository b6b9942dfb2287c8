import { type Action, type Answers, type Desk, type Option, text } from "./actions";
import { sideOf, sidesOf } from "./entry";

interface Way {
  value: string;
  label: string;
  key: string;
  /** Whether somebody wins by it. */
  winner: boolean;
  /** The margin is asked for, in words. */
  margin?: boolean;
  /** What people read; the winner goes before it. */
  words: string;
}

const AWARDED: Way[] = [
  { value: "walkover", label: "Walk-over", key: "w", winner: true, words: "win by walk-over" },
  { value: "awarded", label: "Awarded", key: "a", winner: true, words: "are awarded the match" },
];

const WAYS: Partial<Record<Desk["match"]["sport"], Way[]>> = {
  football: [
    { value: "penalties", label: "On penalties", key: "p", winner: true, words: "win on penalties" },
    { value: "aggregate", label: "On aggregate", key: "g", winner: true, words: "go through on aggregate" },
    ...AWARDED,
    { value: "no_result", label: "No result", key: "n", winner: false, words: "No result" },
  ],
  cricket: [
    { value: "dls", label: "By DLS", key: "d", winner: true, margin: true, words: "win by DLS" },
    { value: "par", label: "By the par score", key: "p", winner: false, words: "The par score decides" },
    ...AWARDED,
    { value: "no_result", label: "No result", key: "n", winner: false, words: "No result" },
  ],
  basketball: [
    ...AWARDED,
    { value: "default", label: "Default", key: "d", winner: true, words: "win by default" },
    { value: "no_result", label: "No result", key: "n", winner: false, words: "No result" },
  ],
};

/** Ends the match with a result that its score does not say; nothing in tennis, whose pad has its own endings. */
export function resultActions(desk: Desk): Action[] {
  const ways = WAYS[desk.match.sport];
  if (ways === undefined || desk.progress.stage === "over") return [];
  const sides: Option[] = sidesOf(desk.match).map((side, index) => ({
    value: side.id,
    label: side.name,
    key: String(index + 1),
  }));
  const wayOf = ({ way }: Answers) => ways.find(({ value }) => value === text(way));
  return [
    {
      id: "result",
      label: "Other result",
      key: "u",
      tone: "warn",
      steps: (answers) => {
        const way = wayOf(answers);
        return [
          { kind: "choice", name: "way", title: "How does it end?", options: ways },
          ...(way?.winner
            ? [{ kind: "choice", name: "winner", title: "Who wins?", options: sides } as const]
            : []),
          ...(way?.margin
            ? [
                {
                  kind: "text",
                  name: "margin",
                  title: "By how much?",
                  label: "The margin, if it is known",
                  placeholder: "5 runs",
                } as const,
              ]
            : []),
          ...(way?.value === "par"
            ? [number("par", "The par score now?", "Runs that would tie the match")]
            : []),
        ];
      },
      entries: (answers) => {
        const way = wayOf(answers);
        if (way === undefined) return [];
        return [
          {
            type: "match_end",
            period: Math.max(1, desk.progress.period),
            detail: detailOf(way, answers),
            text: way.winner ? `${sideOf(desk.match, text(answers.winner)).name} ${way.words}` : way.words,
          },
        ];
      },
    },
  ];
}

function detailOf(way: Way, { winner, margin, par }: Answers): Record<string, unknown> {
  if (way.value === "par") return { parRuns: Number(text(par)) };
  return {
    outcome: {
      method: way.value,
      ...(way.winner ? { winnerId: text(winner) } : {}),
      ...(text(margin).trim() ? { by: text(margin).trim() } : {}),
    },
  };
}

/** A step that asks for a whole number. */
function number(name: string, title: string, label: string) {
  return { kind: "text", name, title, label, placeholder: "0", pattern: "[0-9]{1,4}" } as const;
}

/** The score of a shoot-out whose kicks were not entered one by one. */
export function kicksAction(desk: Desk, period: number): Action {
  const [home, away] = sidesOf(desk.match);
  return {
    id: "kicks",
    label: "Score of the shoot-out",
    key: "q",
    steps: () => [
      number("home", `Kicks scored by ${home.name}?`, home.name),
      number("away", `Kicks scored by ${away.name}?`, away.name),
    ],
    entries: (answers) => {
      const [ours, theirs] = [Number(text(answers.home)), Number(text(answers.away))];
      return [
        {
          type: "score",
          period,
          detail: { scores: { [home.id]: ours, [away.id]: theirs } },
          text: `${ours}-${theirs} on penalties`,
        },
      ];
    },
  };
}

/** What a rain rule makes of the innings that is played. */
export function targetAction(period: number, chasing: boolean): Action {
  return {
    id: "target",
    label: chasing ? "Revised target" : "Revised overs",
    key: "v",
    steps: () => [
      ...(chasing ? [number("runs", "What is the target now?", "Runs to win")] : []),
      {
        kind: "text",
        name: "overs",
        title: "How many overs has the innings now?",
        label: chasing ? "Overs, if they changed" : "Overs",
        placeholder: "12 or 12.4",
        pattern: chasing ? "([0-9]{1,3}([.][0-9])?)?" : "[0-9]{1,3}([.][0-9])?",
      },
    ],
    entries: ({ runs, overs }) => {
      const parts = [
        ...(text(runs) ? [`target ${text(runs)}`] : []),
        ...(text(overs) ? [`${text(overs)} overs`] : []),
      ];
      if (parts.length === 0) return [];
      return [
        {
          type: "target",
          period,
          detail: {
            ...(text(runs) ? { targetRuns: Number(text(runs)) } : {}),
            ...(text(overs) ? { targetOvers: Number(text(overs)) } : {}),
          },
          text: `Revised: ${parts.join(", ")}`,
        },
      ];
    },
  };
}
