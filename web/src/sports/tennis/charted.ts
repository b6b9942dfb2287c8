import type { TimelineEvent } from "../../contracts/generated";

const CHARTED = new Set(["point", "score", "period_start"]);

/** What the chart is drawn from. */
export const isCharted = ({ type }: Pick<TimelineEvent, "type">): boolean => CHARTED.has(type);
