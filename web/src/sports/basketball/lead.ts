/** What the chart of basketball is drawn from: pure, from the events of a course in the order of play. */
import type { Match, TimelineEvent } from "../../contracts/generated";
import { figure } from "../shared/marks";

export interface Lead {
  /** Seconds of play since the match began. */
  at: number;
  home: number;
  away: number;
}

/** Period lengths by what the clock showed at most: feeds say nothing of them. */
const LENGTHS = [300, 600, 720, 1200] as const;

export interface LeadChart {
  points: Lead[];
  /** Where each period begins, and its length; seconds. */
  periods: { number: number; start: number; length: number }[];
  /** How often the other side took the lead. */
  changes: number;
  /** The largest leads of the home and the away side. */
  most: { home: number; away: number };
}

/** The score over the time played. */
export function leadOf(match: Match, events: readonly TimelineEvent[]): LeadChart {
  const [home, away] = match.competitors;
  const scored = events.filter(
    (event) => event.scoreAfter !== undefined && event.clock?.remainingS !== undefined,
  );
  const numbers = [
    ...new Set([...match.periods.map(({ number }) => number), ...scored.map(({ period }) => period)]),
  ].sort((a, b) => a - b);
  const most = (some: readonly TimelineEvent[]) =>
    Math.max(0, ...some.map((event) => figure(event.clock?.remainingS)));
  const regular = scored.filter(({ period }) => typeOf(match, period) !== "overtime");
  const usual = LENGTHS.find((length) => length >= most(regular)) ?? 720;
  const halves = usual === 300 ? 600 : usual;
  const periods: LeadChart["periods"] = [];
  let start = 0;
  for (const number of numbers) {
    const length = typeOf(match, number) === "overtime" ? 300 : halves;
    periods.push({ number, start, length });
    start += length;
  }
  const points: Lead[] = [{ at: 0, home: 0, away: 0 }];
  let changes = 0;
  let ahead = 0;
  const largest = { home: 0, away: 0 };
  for (const event of scored) {
    const period = periods.find(({ number }) => number === event.period);
    if (period === undefined || home === undefined || away === undefined) continue;
    const at = period.start + Math.max(0, period.length - figure(event.clock?.remainingS));
    const point = {
      at,
      home: Number(event.scoreAfter?.[home.id] ?? 0),
      away: Number(event.scoreAfter?.[away.id] ?? 0),
    };
    points.push(point);
    const lead = point.home - point.away;
    largest.home = Math.max(largest.home, lead);
    largest.away = Math.max(largest.away, -lead);
    if (lead !== 0) {
      if (ahead !== 0 && Math.sign(lead) !== ahead) changes += 1;
      ahead = Math.sign(lead);
    }
  }
  return { points, periods, changes, most: largest };
}

function typeOf(match: Match, number: number): string {
  return (
    match.periods.find((period) => period.number === number)?.type ?? (number > 4 ? "overtime" : "regular")
  );
}
