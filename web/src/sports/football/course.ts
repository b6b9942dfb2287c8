/** What the chart of football is drawn from: pure, from the events of a course in the order of play. */
import type { Match, TimelineEvent } from "../../contracts/generated";
import { figure } from "../shared/marks";
import { type PlannedPeriod, periodsOf } from "./periods";

/** A period as a stretch of the axis: from `start`, `length` minutes, of which it should have `nominal`. */
export interface Stretch {
  period: number;
  start: number;
  length: number;
  nominal: number;
  /** The minute of the match before its first. */
  before: number;
}

/**
 * The axis of a match: each period has room for its stoppage, so that nothing of two halves overlaps.
 *
 * @param planned the periods that the match may have; the first two are always shown, the others once they have begun
 */
export function stretchesOf(
  match: Match,
  events: readonly TimelineEvent[],
  planned: readonly PlannedPeriod[] = periodsOf(),
): Stretch[] {
  const begun = new Set([
    ...match.periods.map(({ number }) => number),
    ...events.map(({ period }) => period),
  ]);
  const found: Stretch[] = [];
  let start = 0;
  for (const { number, before, length: nominal } of planned) {
    if (number > 2 && !begun.has(number)) continue;
    const latest = Math.max(
      nominal,
      ...events.filter(({ period }) => period === number).map(({ clock }) => figure(clock?.playedS) / 60),
    );
    found.push({ period: number, start, length: Math.ceil(latest), nominal, before });
    start += Math.ceil(latest);
  }
  return found;
}

/** Where on that axis an event stands; null for what has no minute. */
export function placeOf(stretches: readonly Stretch[], event: TimelineEvent): number | null {
  const stretch = stretches.find(({ period }) => period === event.period);
  if (stretch === undefined || event.clock?.playedS === undefined) return null;
  return stretch.start + Math.min(event.clock.playedS / 60, stretch.length);
}
