/** Results that no score says; a sport says which of them it has. Pure. */
import { type Action, type Answers, type Desk, sideOptions, text } from "./actions";
import { sideOf } from "./entry";

/** A way in which a match ends. */
export interface Way {
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

export const AWARDED: readonly Way[] = [
  { value: "walkover", label: "Walk-over", key: "w", winner: true, words: "win by walk-over" },
  { value: "awarded", label: "Awarded", key: "a", winner: true, words: "are awarded the match" },
];

export const NO_RESULT: Way = {
  value: "no_result",
  label: "No result",
  key: "n",
  winner: false,
  words: "No result",
};

/** Ends the match with a result that its score does not say. */
export function resultActions(desk: Desk, ways: readonly Way[]): Action[] {
  if (desk.progress.stage === "over") return [];
  const sides = sideOptions(desk.match);
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
            ? [numberStep("par", "The par score now?", "Runs that would tie the match")]
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
export function numberStep(name: string, title: string, label: string) {
  return { kind: "text", name, title, label, placeholder: "0", pattern: "[0-9]{1,4}" } as const;
}
