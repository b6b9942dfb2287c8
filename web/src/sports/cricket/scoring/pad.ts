import { type Desk, type Group, statusActions } from "../../shared/scoring/actions";
import { resultActions } from "../../shared/scoring/results";
import { otherActions, runActions } from "./balls";
import { creaseActions } from "./batters";
import { phaseActions } from "./phases";
import { targetAction, WAYS } from "./results";
import { type CricketState, inningsOver, targetOf } from "./state";

/** All that can be entered in cricket now; `state` as `stateOf` has it. */
export function cricketPad(desk: Desk, state: CricketState): Group[] {
  const { present } = state;
  const stage = desk.progress.stage;
  const playing = present !== null && !present.ended && stage !== "over";
  const revise = playing ? [targetAction(present.number, targetOf(state, desk.config) !== null)] : [];
  const match: Group = {
    title: "Match",
    actions: [...phaseActions(desk, state), ...revise, ...statusActions(desk), ...resultActions(desk, WAYS)],
  };
  if (present === null || present.ended || stage === "over") return [match];
  const finished = inningsOver(state, desk.config) !== null;
  return [
    { title: "Runs", actions: finished ? [] : runActions(desk, present) },
    { title: "Extras and wickets", actions: finished ? [] : otherActions(desk, present) },
    { title: "Batters and bowler", actions: finished ? [] : creaseActions(desk, present) },
    match,
  ];
}
