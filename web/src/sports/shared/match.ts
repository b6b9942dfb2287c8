/** What can be said of a match of any sport. Pure; used by the sports' folders and by all pages. */
import type { Match } from "../../contracts/generated";

export type Phase = "upcoming" | "live" | "pause" | "over";

const PHASES: Record<Match["status"], Phase> = {
  scheduled: "upcoming",
  delayed: "upcoming",
  postponed: "upcoming",
  live: "live",
  break: "pause",
  interrupted: "pause",
  suspended: "pause",
  cancelled: "over",
  abandoned: "over",
  ended: "over",
  closed: "over",
};

export function phaseOf(match: Match): Phase {
  return PHASES[match.status];
}

/** Whether something is being played, or will go on today. */
export function isUnderWay(match: Match): boolean {
  const phase = phaseOf(match);
  return phase === "live" || phase === "pause";
}

/** The statuses of some phases. */
export function statusesOf(...phases: readonly Phase[]): readonly Match["status"][] {
  const all = Object.entries(PHASES) as [Match["status"], Phase][];
  return all.filter(([, phase]) => phases.includes(phase)).map(([status]) => status);
}

/** Statuses of a match that is not played as it was planned. */
export const TROUBLED: ReadonlySet<Match["status"]> = new Set([
  "delayed",
  "postponed",
  "interrupted",
  "suspended",
  "cancelled",
  "abandoned",
]);
