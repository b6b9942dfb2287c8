/** What dismissals count as. Pure; for boards, charts, scorecards and the scorer's pad. */

/** Wickets that a bowler is credited with (MCC Laws 32-36 and 39). */
export const BOWLERS = new Set(["bowled", "caught", "caught and bowled", "lbw", "stumped", "hit wicket"]);

const NOT_DISMISSED = new Set([
  "retiredhurt",
  "retiredill",
  "retiredinjured",
  "retirednotout",
  "absenthurt",
  "absent",
]);

/** Whether a wicket falls, however the dismissal is written (`Retired Hurt`); as the server's rules have it. */
export function costsWicket(kind: unknown): boolean {
  return !NOT_DISMISSED.has(
    String(kind)
      .toLowerCase()
      .replace(/[^a-z]/g, ""),
  );
}

/** How many wickets fall by an event, by its `detail`. */
export function wicketsIn(detail: Record<string, unknown>): number {
  const wickets = Array.isArray(detail.wickets) ? (detail.wickets as { kind?: unknown }[]) : [];
  return wickets.filter(({ kind }) => costsWicket(kind)).length;
}
