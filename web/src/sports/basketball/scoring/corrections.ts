import type { Corrections } from "../../scoring";

export const corrections: Corrections = {
  details: {
    shot: [
      { path: ["made"], label: "Made", kind: "flag" },
      { path: ["points"], label: "Points", kind: "number" },
    ],
    free_throw: [{ path: ["made"], label: "Made", kind: "flag" }],
  },
  roles: {
    shooter: "Shooter",
    assist: "Assist",
    offender: "Offender",
    rebounder: "Rebounder",
    steal: "Stolen by",
    block: "Blocked by",
  },
  possible: {
    substitution: ["player_in", "player_out"],
    shot: ["shooter", "assist"],
    free_throw: ["shooter"],
    rebound: ["rebounder"],
    foul: ["offender"],
  },
  otherSide: new Set(["steal", "block"]),
};
