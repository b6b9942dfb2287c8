import type { TimelineEvent } from "../../contracts/generated";

/** What the chart is drawn from: only what counted. */
export const isCharted = ({ type, detail }: Pick<TimelineEvent, "type" | "detail">): boolean =>
  (type === "shot" || type === "free_throw") && detail.made === true;
