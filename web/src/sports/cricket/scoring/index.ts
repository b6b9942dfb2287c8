import type { SportScoring } from "../../scoring";
import { needAction } from "./batters";
import { corrections } from "./corrections";
import { Middle } from "./Middle";
import { cricketPad } from "./pad";
import { inningsOver, lastEventOf, needOf, stateOf } from "./state";

/** Actions that are deliveries, beside those of runs. */
const BALLS = new Set(["wide", "noball", "byes", "legbyes", "wicket"]);

export const scoring: SportScoring = {
  watch: null,
  playTypes: new Set(["period_start", "score", "ball", "wicket", "penalty_runs"]),
  padOf: (desk) => cricketPad(desk, stateOf(desk)),
  corrections,
  missingOf: (desk) => {
    const state = stateOf(desk);
    const innings = state.present;
    if (innings === null || innings.ended || desk.progress.stage === "over") return null;
    const need = inningsOver(state, desk.config) === null ? needOf(innings) : null;
    if (need === null) return null;
    return {
      key: `${lastEventOf(innings, desk.events)}.${need}`,
      action: needAction(desk, innings, need),
      holds: ({ id }) => id.startsWith("run-") || BALLS.has(id),
    };
  },
  anchorOf: (desk) => {
    const innings = stateOf(desk).present;
    return innings === null ? null : lastEventOf(innings, desk.events);
  },
  Middle,
  // Commentary stands beside the ball before it.
  wordsClock: ({ clock }) =>
    clock !== undefined && clock.display !== "0" ? { display: clock.display } : undefined,
  nounOf: ({ type, detail }) =>
    type === "ball" && Array.isArray(detail?.wickets) && detail.wickets.length > 0 ? "wicket" : null,
};
