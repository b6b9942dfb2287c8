import type { Competitor, Match } from "../../contracts/generated";
import { RowScore as Score } from "../shared/RowScore";
import { inningsOf } from "./innings";

/** The overs of the last innings, and the score. */
export function RowScore({ match, side }: { match: Match; side: Competitor }) {
  const overs = inningsOf(match, side).findLast(({ type }) => type === "innings")?.detail?.overs;
  return <Score match={match} side={side} before={overs} />;
}
