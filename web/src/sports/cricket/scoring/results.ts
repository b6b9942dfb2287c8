import { type Action, text } from "../../shared/scoring/actions";
import { AWARDED, NO_RESULT, numberStep, type Way } from "../../shared/scoring/results";

export const WAYS: readonly Way[] = [
  { value: "dls", label: "By DLS", key: "d", winner: true, margin: true, words: "win by DLS" },
  { value: "par", label: "By the par score", key: "p", winner: false, words: "The par score decides" },
  ...AWARDED,
  NO_RESULT,
];

/** What a rain rule makes of the innings that is played. */
export function targetAction(period: number, chasing: boolean): Action {
  return {
    id: "target",
    label: chasing ? "Revised target" : "Revised overs",
    key: "v",
    steps: () => [
      ...(chasing ? [numberStep("runs", "What is the target now?", "Runs to win")] : []),
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
