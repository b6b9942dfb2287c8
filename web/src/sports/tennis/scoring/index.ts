import type { SportScoring } from "../../scoring";
import { sidesOf } from "../../shared/scoring/entry";
import { tennisPad } from "./pad";
import { tennisState } from "./state";

export const scoring: SportScoring = {
  watch: null,
  playTypes: new Set(["period_start", "score", "point"]),
  padOf: tennisPad,
  corrections: { details: {}, roles: {}, possible: {}, otherSide: new Set() },
  serverOf: ({ match, events, config }) => {
    const [home, away] = sidesOf(match);
    return tennisState(events, config, [home.id, away.id]).server;
  },
};
