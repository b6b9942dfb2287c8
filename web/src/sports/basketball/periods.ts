/** The periods of a basketball match; the scorer's pad and watch take them from here. */
import { type Config, setting } from "../shared/scoring/watch";

/** How many periods there are before overtime: four quarters, or two halves. */
export function regularPeriods(config: Config): number {
  return setting(config.periods, 4);
}

/** Minutes that a period lasts. */
export function minutesOf(period: number, config: Config): number {
  return period <= regularPeriods(config)
    ? setting(config.periodMinutes, 12)
    : setting(config.overtimeMinutes, 5);
}

/** `Q3`, `H2` where there are halves, `OT`, `2OT`. */
export function periodLabel(period: number, config: Config): string {
  const regular = regularPeriods(config);
  if (period <= regular) return `${regular === 2 ? "H" : "Q"}${period}`;
  return period === regular + 1 ? "OT" : `${period - regular}OT`;
}
