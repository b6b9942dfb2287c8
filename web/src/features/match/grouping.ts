import type { Match } from "../../contracts/generated";
import { isUnderWay, phaseOf } from "../../sports/shared/match";

export interface Competition {
  id: string;
  name: string;
  matches: Match[];
}

/** A part of the list: what is live, or one day of what is to come or was played. */
export interface Part {
  key: string;
  title: string;
  competitions: Competition[];
}

/** Live first, then what is to come by day, soonest first, then the others by day, latest first; each by competition. */
export function partsOf(matches: readonly Match[], now: number, locale?: string): Part[] {
  const live = matches.filter(isUnderWay).sort(bySchedule);
  const waits = (match: Match) =>
    phaseOf(match) === "upcoming" && (match.status !== "postponed" || match.scheduledAt >= now);
  const soon = matches.filter((match) => !isUnderWay(match) && waits(match)).sort(bySchedule);
  const over = matches
    .filter((match) => !isUnderWay(match) && !waits(match))
    .sort((a, b) => -bySchedule(a, b));
  const parts: Part[] = [];
  if (live.length > 0) parts.push({ key: "live", title: "Live now", competitions: byCompetition(live) });
  for (const [prefix, some] of [
    ["soon", soon],
    ["over", over],
  ] as const)
    for (const [day, matchesOfDay] of byDay(some))
      parts.push({
        key: `${prefix} ${day}`,
        title: prefix === "over" && day === dayOf(now) ? "Today, over" : dayTitle(day, now, locale),
        competitions: byCompetition(matchesOfDay),
      });
  return parts;
}

function bySchedule(a: Match, b: Match): number {
  return a.scheduledAt - b.scheduledAt || (a.id < b.id ? -1 : 1);
}

function byDay(matches: readonly Match[]): Map<string, Match[]> {
  const days = new Map<string, Match[]>();
  for (const match of matches) {
    const day = dayOf(match.scheduledAt);
    days.set(day, [...(days.get(day) ?? []), match]);
  }
  return days;
}

function byCompetition(matches: readonly Match[]): Competition[] {
  const found = new Map<string, Competition>();
  for (const match of matches) {
    const { id, name } = match.competition;
    const key = `${match.sport} ${id}`;
    const known = found.get(key) ?? { id, name, matches: [] };
    known.matches.push(match);
    found.set(key, known);
  }
  return [...found.values()];
}

/** `2026-11-21`: the day of a moment in the reader's own zone. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The day `days` after another, whatever the clocks do between them. */
export function dayAfter(day: string, days: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return dayOf(new Date(year, month - 1, date + days, 12).getTime());
}

/** The first moment of a day in the reader's own zone, as RFC 3339 writes it; null for what is no day. */
export function beginningOf(day: string): string | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return null;
  const date = new Date(`${day}T00:00:00`);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

export function dayTitle(day: string, now: number, locale?: string): string {
  const today = dayOf(now);
  if (day === today) return "Today";
  if (day === dayAfter(today, 1)) return "Tomorrow";
  if (day === dayAfter(today, -1)) return "Yesterday";
  const date = new Date(`${day}T12:00:00`);
  return new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(date.getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" }),
  }).format(date);
}
