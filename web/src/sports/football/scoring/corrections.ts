import type { Corrections } from "../../scoring";

export const corrections: Corrections = {
  details: {
    goal: [
      { path: ["ownGoal"], label: "Own goal", kind: "flag" },
      { path: ["penalty"], label: "From a penalty", kind: "flag" },
    ],
    card: [
      {
        path: ["card"],
        label: "Card",
        kind: [
          ["yellow", "Yellow"],
          ["second_yellow", "Second yellow"],
          ["red", "Red"],
        ],
      },
    ],
    shootout_kick: [{ path: ["scored"], label: "Scored", kind: "flag" }],
  },
  roles: {
    scorer: "Scorer",
    assist: "Assist",
    own_goal: "Own goal by",
    shooter: "Shooter",
    offender: "Offender",
  },
  possible: {
    goal: ["scorer", "assist"],
    card: ["player"],
    substitution: ["player_in", "player_out"],
    shot: ["shooter", "assist"],
    foul: ["offender"],
  },
  otherSide: new Set(["own_goal"]),
};
