import type { TimelineEvent } from "../../contracts/generated";

const CHARTED = new Set(["ball", "wicket", "penalty_runs"]);

/** What the charts and the fall of wickets are drawn from. */
export const isCharted = ({ type }: Pick<TimelineEvent, "type">): boolean => CHARTED.has(type);
