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
