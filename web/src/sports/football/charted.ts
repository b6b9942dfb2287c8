import type { TimelineEvent } from "../../contracts/generated";

const CHARTED = new Set(["goal", "card", "substitution", "penalty_missed", "shootout_kick", "var"]);

/** What the chart and the lists of scorers are drawn from. */
export const isCharted = ({ type }: Pick<TimelineEvent, "type">): boolean => CHARTED.has(type);
