import { type Action, type Desk, text } from "../../shared/scoring/actions";
import { sidesOf } from "../../shared/scoring/entry";
import { AWARDED, NO_RESULT, numberStep, type Way } from "../../shared/scoring/results";

export const WAYS: readonly Way[] = [
  { value: "penalties", label: "On penalties", key: "p", winner: true, words: "win on penalties" },
  { value: "aggregate", label: "On aggregate", key: "g", winner: true, words: "go through on aggregate" },
  ...AWARDED,
  NO_RESULT,
];

/** The score of a shoot-out whose kicks were not entered one by one. */
export function kicksAction(desk: Desk, period: number): Action {
  const [home, away] = sidesOf(desk.match);
  return {
    id: "kicks",
    label: "Score of the shoot-out",
    key: "q",
    steps: () => [
      numberStep("home", `Kicks scored by ${home.name}?`, home.name),
      numberStep("away", `Kicks scored by ${away.name}?`, away.name),
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
