import type { SportScoring } from "../../scoring";
import { corrections } from "./corrections";
import { basketballPad } from "./pad";
import { watch } from "./watch";

export const scoring: SportScoring = {
  watch,
  playTypes: new Set([
    "period_start",
    "score",
    "shot",
    "free_throw",
    "jump_ball",
    "rebound",
    "foul",
    "substitution",
    "turnover",
    "violation",
    "timeout",
  ]),
  padOf: basketballPad,
  corrections,
  nounOf: ({ type, detail }) => (type === "shot" && detail?.made === true ? "basket" : null),
};
