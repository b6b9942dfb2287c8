/** The periods of a football match; the chart, the scorer's watch and its words all take them from here. */

export interface PlannedPeriod {
  number: number;
  /** Minutes of the match that come before it. */
  before: number;
  /** Minutes that it should last; what is beyond is stoppage. */
  length: number;
}

/** The number of the shoot-out, which no clock measures. */
export const SHOOT_OUT = 5;

/** What the scorer's watch calls them, by number. */
export const PERIOD_TITLES = [
  "Before play",
  "1st half",
  "2nd half",
  "Extra time 1",
  "Extra time 2",
  "Shoot-out",
] as const;

const minutes = (value: unknown, usual: number) => (typeof value === "number" ? value : usual);

/** Two halves and two of extra time. `config`: the match's own settings, where they are known. */
export function periodsOf(config: Record<string, unknown> = {}): readonly PlannedPeriod[] {
  const half = minutes(config.halfMinutes, 45);
  const extra = minutes(config.extraMinutes, 15);
  return [
    { number: 1, before: 0, length: half },
    { number: 2, before: half, length: half },
    { number: 3, before: 2 * half, length: extra },
    { number: 4, before: 2 * half + extra, length: extra },
  ];
}
