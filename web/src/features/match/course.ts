import type { Match, TimelineEvent } from "../../contracts/generated";
import { costsWicket } from "./dismissal";

/** What the charts are drawn from: pure, from the events of a course in the order of play. */

function figure(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

// Football

/** A period as a stretch of the axis: from `start`, `length` minutes, of which it should have `nominal`. */
export interface Stretch {
  period: number;
  start: number;
  length: number;
  nominal: number;
  /** The minute of the match before its first. */
  before: number;
}

const HALVES: readonly (readonly [period: number, before: number, nominal: number])[] = [
  [1, 0, 45],
  [2, 45, 45],
  [3, 90, 15],
  [4, 105, 15],
];

/** The axis of a football match: each period has room for its stoppage, so that nothing of two halves overlaps. */
export function stretchesOf(match: Match, events: readonly TimelineEvent[]): Stretch[] {
  const begun = new Set([
    ...match.periods.map(({ number }) => number),
    ...events.map(({ period }) => period),
  ]);
  const shown = HALVES.filter(([period]) => period <= 2 || begun.has(period));
  const found: Stretch[] = [];
  let start = 0;
  for (const [period, before, nominal] of shown) {
    const latest = Math.max(
      nominal,
      ...events.filter((event) => event.period === period).map((event) => figure(event.clock?.playedS) / 60),
    );
    found.push({ period, start, length: Math.ceil(latest), nominal, before });
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

// Cricket

export interface Over {
  /** From 1. */
  number: number;
  runs: number;
  wickets: number;
  /** Runs and wickets of the innings at its end. */
  total: number;
  down: number;
}

export interface Innings {
  period: number;
  sideId: string;
  overs: Over[];
}

const IN_INNINGS = new Set(["ball", "wicket", "penalty_runs"]);

/** The innings of a course, over by over; a super over is one of one over. */
export function inningsOf(events: readonly TimelineEvent[]): Innings[] {
  const found = new Map<number, Innings>();
  const legal = new Map<number, number>();
  for (const event of events) {
    if (!IN_INNINGS.has(event.type) || event.competitorId === undefined) continue;
    // Penalty runs to the fielding side belong to another innings.
    if (
      event.type === "penalty_runs" &&
      (found.get(event.period)?.sideId ?? event.competitorId) !== event.competitorId
    )
      continue;
    const innings = found.get(event.period) ?? {
      period: event.period,
      sideId: event.competitorId,
      overs: [],
    };
    found.set(event.period, innings);
    const bowled = legal.get(event.period) ?? 0;
    const previous = innings.overs.at(-1);
    const number =
      event.type === "ball"
        ? (typeof event.detail.over === "number" ? event.detail.over : Math.floor(bowled / 6)) + 1
        : (previous?.number ?? 1);
    let over = previous;
    if (over === undefined || over.number !== number) {
      over = { number, runs: 0, wickets: 0, total: previous?.total ?? 0, down: previous?.down ?? 0 };
      innings.overs.push(over);
    }
    const extras = (event.detail.extras ?? {}) as Record<string, unknown>;
    const runs =
      figure(event.detail.batterRuns) +
      figure(event.detail.runs) +
      Object.values(extras).reduce<number>((sum, one) => sum + figure(one), 0);
    const wickets = wicketsIn(event);
    over.runs += runs;
    over.total += runs;
    over.wickets += wickets;
    over.down += wickets;
    if (event.type === "ball" && !figure(extras.wides) && !figure(extras.noballs))
      legal.set(event.period, bowled + 1);
  }
  return [...found.values()];
}

function wicketsIn(event: TimelineEvent): number {
  const wickets = Array.isArray(event.detail.wickets) ? event.detail.wickets : [];
  return wickets.filter((wicket) => costsWicket((wicket as { kind?: unknown }).kind)).length;
}

export interface Fall {
  wicket: number;
  runs: number;
  name: string;
  over: string;
}

/** The fall of wickets of one innings: at which score, who, in which over. */
export function fallsOf(events: readonly TimelineEvent[], period: number): Fall[] {
  const falls: Fall[] = [];
  let runs = 0;
  for (const event of events) {
    if (event.period !== period || (event.type !== "ball" && event.type !== "penalty_runs")) continue;
    const extras = (event.detail.extras ?? {}) as Record<string, unknown>;
    runs += figure(event.detail.batterRuns) + figure(event.detail.runs);
    runs += Object.values(extras).reduce<number>((sum, one) => sum + figure(one), 0);
    const out = event.players.filter(({ role }) => role === "player_out");
    for (let index = 0; index < wicketsIn(event); index++) {
      const player = out[index];
      falls.push({
        wicket: falls.length + 1,
        runs,
        name: player?.name ?? player?.id ?? "",
        over: event.clock?.display ?? "",
      });
    }
  }
  return falls;
}

// Basketball

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

// Tennis

export interface Game {
  set: number;
  winnerId: string;
  /** Points won by each side, by competitor id; empty where only scores were told. */
  points: Record<string, number>;
  serverId: string | null;
  tieBreak: boolean;
  /** Games of this set after it, by competitor id. */
  games: Record<string, number>;
}

/** The games of a match, in order, from the scores after its points. The one that is being played is left out. */
export function gamesOf(match: Match, events: readonly TimelineEvent[]): Game[] {
  const ids = match.competitors.map(({ id }) => id);
  const other = (id: string) => ids.find((one) => one !== id) ?? id;
  const found: Game[] = [];
  let before: Record<string, number[]> | null = null;
  let points: Record<string, number> = {};
  let serverId: string | null = null;
  let lastServer: string | null = null;
  for (const event of events) {
    const stated = event.detail.serverId;
    if (typeof stated === "string") serverId ??= stated;
    if (event.type === "point" && event.competitorId !== undefined)
      points[event.competitorId] = (points[event.competitorId] ?? 0) + 1;
    if (event.scoreAfter === undefined) continue;
    const cells = Object.fromEntries(ids.map((id) => [id, cellsOf(event.scoreAfter?.[id] ?? "")]));
    const known: Record<string, number[]> | null = before;
    const grew = (id: string) => total(cells[id]) - total(known?.[id]);
    const winnerId = event.competitorId ?? ids.reduce((a, b) => (grew(b) > grew(a) ? b : a));
    const grown = ids.reduce((sum, id) => sum + grew(id), 0);
    if (known !== null && grown <= 0) continue;
    before = cells;
    // Where the feed began in the middle, the games before are nobody's here.
    if (known === null && grown !== 1) continue;
    const games = Object.fromEntries(ids.map((id) => [id, cells[id]?.at(event.period - 1) ?? 0]));
    const served: string | null = serverId ?? (lastServer === null ? null : other(lastServer));
    const [least = 0, most = 0] = Object.values(games).sort((a, b) => a - b);
    found.push({
      set: event.period,
      winnerId,
      points,
      serverId: served,
      tieBreak: (least === 6 && most === 7) || (event.type === "point" && grown > 1),
      games,
    });
    points = {};
    lastServer = served;
    serverId = null;
  }
  return found;
}

function total(cells: readonly number[] | undefined): number {
  return (cells ?? []).reduce((sum, one) => sum + one, 0);
}

/** Games by set, from `6 6(4) 5 · 40`. */
function cellsOf(display: string): number[] {
  const [sets = ""] = display.split(" · ");
  return sets.split(" ").map((cell) => Number.parseInt(cell, 10) || 0);
}
