import type { SportScoring } from "../../scoring";
import { corrections } from "./corrections";
import { footballPad } from "./pad";
import { watch } from "./watch";

export const scoring: SportScoring = {
  watch,
  playTypes: new Set([
    "period_start",
    "score",
    "goal",
    "shootout_kick",
    "shot",
    "save",
    "penalty_missed",
    "corner",
    "offside",
    "foul",
    "card",
    "free_kick",
    "var",
    "substitution",
  ]),
  padOf: footballPad,
  corrections,
};
