/** A match of cricket as its scorer's entries say it, with who is in the middle. Pure. */
import type { MatchEvent } from "../../../contracts/generated";
import type { Desk, Option } from "../../shared/scoring/actions";
import { type Person, withRole } from "../../shared/scoring/entry";
import { BOWLERS, costsWicket } from "../dismissal";

/** Who is in the middle. A place is empty until somebody is named for it. */
export type Crease = {
  striker?: Person | undefined;
  nonStriker?: Person | undefined;
  bowler?: Person | undefined;
};

export interface Figures {
  person: Person;
  runs: number;
  balls: number;
}

export interface Innings {
  number: number;
  type: "innings" | "super_over";
  batting: string;
  runs: number;
  wickets: number;
  /** Legal deliveries by the number of their over, from 0. */
  overs: Map<number, number>;
  ended: boolean;
  crease: Crease;
  /** The deliveries of the over that is bowled, or of the one just ended. */
  over: MatchEvent[];
  /** Whether the over before the next delivery has just ended. */
  overEnded: boolean;
  batters: Map<string, Figures>;
  bowlers: Map<string, Figures & { wickets: number }>;
  out: Set<string>;
  /** Batters who do not bat at all. */
  absent: number;
  /** As a rain rule says; null where the score says it. */
  target: number | null;
  oversAllowed: number | null;
  lastBowler: string | null;
}

export interface CricketState {
  innings: Innings[];
  present: Innings | null;
  toss: string | null;
}

const count = (value: unknown): number => (typeof value === "number" ? value : 0);

export function perOver(config: Record<string, unknown>): number {
  return count(config.ballsPerOver) || 6;
}

export function wicketsOf(config: Record<string, unknown>, type: Innings["type"]): number {
  return type === "super_over" ? 2 : count(config.wickets) || 10;
}

export function inningsDue(config: Record<string, unknown>): number {
  return 2 * (count(config.inningsPerSide) || 1);
}

interface Delivery {
  bat: number;
  wides: number;
  noballs: number;
  byes: number;
  legbyes: number;
  penalty: number;
  kinds: { kind: string; out: string | null }[];
}

function deliveryOf({ detail }: MatchEvent): Delivery {
  const extras = (detail.extras ?? {}) as Record<string, unknown>;
  const wickets = Array.isArray(detail.wickets) ? (detail.wickets as Record<string, unknown>[]) : [];
  return {
    bat: count(detail.batterRuns),
    wides: count(extras.wides),
    noballs: count(extras.noballs),
    byes: count(extras.byes),
    legbyes: count(extras.legbyes),
    penalty: count(extras.penalty),
    kinds: wickets.map(({ kind, playerOut }) => ({
      kind: String(kind),
      out: typeof playerOut === "string" ? playerOut : null,
    })),
  };
}

/** How often the batters crossed: a wide and a no-ball have one run that nobody ran. */
function crossings(ball: Delivery): number {
  return ball.bat + ball.byes + ball.legbyes + Math.max(0, ball.wides - 1) + Math.max(0, ball.noballs - 1);
}

/**
 * Who faces after a delivery. Odd runs change ends, and so does the end of an over; the place of a batter who is out
 * is empty. A batter who comes in takes the place of the one who is out (MCC Law 18.11: whoever crossed).
 */
export function afterBall(crease: Crease, event: MatchEvent, overEnded: boolean): Crease {
  const ball = deliveryOf(event);
  let { striker, nonStriker } = crease;
  if (crossings(ball) % 2 === 1) [striker, nonStriker] = [nonStriker, striker];
  for (const player of event.players)
    if (player.role === "player_out") {
      if (striker?.id === player.id) striker = undefined;
      else if (nonStriker?.id === player.id) nonStriker = undefined;
    }
  if (overEnded) [striker, nonStriker] = [nonStriker, striker];
  return { striker, nonStriker, bowler: overEnded ? undefined : crease.bowler };
}

/**
 * The match by what stands. `creases`: who was put into the middle by hand, by the id of the event after which it was
 * done; it holds until that event is not the last any more, so an undone ball brings back who stood there before.
 */
export function cricketState(
  events: readonly MatchEvent[],
  config: Record<string, unknown>,
  creases: Readonly<Record<string, Crease>>,
): CricketState {
  const all = new Map<number, Innings>();
  let present: Innings | null = null;
  let toss: string | null = null;
  /** Penalty runs of sides that have not batted yet. */
  const awarded = new Map<string, number>();
  for (const event of events) {
    if (event.type === "toss") toss = event.competitorId ?? null;
    const batting = event.detail.battingId;
    if (event.type === "period_start" && typeof batting === "string") {
      present = newInnings(event.period, batting, config);
      present.crease = creases[event.eventId] ?? {};
      present.runs = awarded.get(batting) ?? 0;
      awarded.delete(batting);
      all.set(event.period, present);
      continue;
    }
    const innings = all.get(event.period);
    if (event.type === "ball" && event.competitorId !== undefined) {
      present = innings ?? newInnings(event.period, event.competitorId, config);
      all.set(event.period, present);
      deliver(present, event, perOver(config));
    } else if (innings !== undefined && event.type === "wicket") leaveCrease(innings, event);
    else if (event.type === "penalty_runs") award(all, awarded, event);
    else if (innings !== undefined && event.type === "target") revise(innings, event);
    else if (innings !== undefined && event.type === "period_end") innings.ended = true;
    const put = creases[event.eventId];
    if (put !== undefined && present !== null && event.period === present.number) present.crease = put;
  }
  return { innings: [...all.values()], present, toss };
}

const states = new WeakMap<Desk, CricketState>();

/** The same of a desk; reckoned once for all who ask. */
export function stateOf(desk: Desk): CricketState {
  const known = states.get(desk) ?? cricketState(desk.events, desk.config, desk.places);
  states.set(desk, known);
  return known;
}

function newInnings(number: number, batting: string, config: Record<string, unknown>): Innings {
  return {
    number,
    type: number <= inningsDue(config) ? "innings" : "super_over",
    batting,
    runs: 0,
    wickets: 0,
    overs: new Map(),
    ended: false,
    crease: {},
    over: [],
    overEnded: false,
    batters: new Map(),
    bowlers: new Map(),
    out: new Set(),
    absent: 0,
    target: null,
    oversAllowed: null,
    lastBowler: null,
  };
}

/** A batter goes, or never comes, without a ball. */
function leaveCrease(innings: Innings, event: MatchEvent): void {
  const { kinds } = deliveryOf(event);
  innings.wickets += kinds.filter(({ kind }) => costsWicket(kind)).length;
  innings.absent += kinds.filter(({ kind }) => /absent/i.test(kind)).length;
  const hurt = kinds.every(({ kind }) => /retired/i.test(kind) && !costsWicket(kind));
  for (const player of event.players)
    if (player.role === "player_out") {
      if (!hurt) innings.out.add(player.id);
      const { striker, nonStriker, bowler } = innings.crease;
      innings.crease = {
        striker: striker?.id === player.id ? undefined : striker,
        nonStriker: nonStriker?.id === player.id ? undefined : nonStriker,
        bowler,
      };
    }
}

/** Penalty runs go to the batting side now, to the other one in its most recent innings, else in its next. */
function award(all: Map<number, Innings>, awarded: Map<string, number>, event: MatchEvent): void {
  const side = event.competitorId ?? all.get(event.period)?.batting;
  if (side === undefined) return;
  const runs = count(event.detail.runs);
  const mine = [...all.values()].findLast(
    ({ batting, number }) => batting === side && number <= event.period,
  );
  if (mine === undefined) awarded.set(side, (awarded.get(side) ?? 0) + runs);
  else mine.runs += runs;
}

function revise(innings: Innings, { detail }: MatchEvent): void {
  if (typeof detail.targetRuns === "number") innings.target = detail.targetRuns;
  if (typeof detail.targetOvers === "number") innings.oversAllowed = detail.targetOvers;
}

function deliver(innings: Innings, event: MatchEvent, balls: number): void {
  const ball = deliveryOf(event);
  const legal = ball.wides === 0 && ball.noballs === 0;
  const [striker, nonStriker, bowler] = ["batter", "non_striker", "bowler"].map((role) =>
    withRole(event, role),
  );
  if (innings.overEnded || innings.over.length === 0) innings.over = [];
  innings.over.push(event);
  const over = typeof event.detail.over === "number" ? event.detail.over : bowled(innings, balls)[0];
  innings.overs.set(over, (innings.overs.get(over) ?? 0) + (legal ? 1 : 0));
  innings.overEnded = legal && bowled(innings, balls)[1] === 0;
  innings.runs += ball.bat + ball.wides + ball.noballs + ball.byes + ball.legbyes + ball.penalty;
  const wickets = ball.kinds.filter(({ kind }) => costsWicket(kind));
  innings.wickets += wickets.length;
  if (striker !== undefined) {
    const figures = innings.batters.get(striker.id) ?? { person: striker, runs: 0, balls: 0 };
    figures.runs += ball.bat;
    figures.balls += ball.wides === 0 ? 1 : 0;
    innings.batters.set(striker.id, figures);
  }
  if (bowler !== undefined) {
    const figures = innings.bowlers.get(bowler.id) ?? { person: bowler, runs: 0, balls: 0, wickets: 0 };
    figures.runs += ball.bat + ball.wides + ball.noballs;
    figures.balls += legal ? 1 : 0;
    figures.wickets += wickets.filter(({ kind }) => BOWLERS.has(kind)).length;
    innings.bowlers.set(bowler.id, figures);
    innings.lastBowler = bowler.id;
  }
  for (const player of event.players) if (player.role === "player_out") innings.out.add(player.id);
  innings.crease = afterBall({ striker, nonStriker, bowler }, event, innings.overEnded);
}

/** Whole overs, and fair balls since: by the overs that the balls say they are of, as the server counts them. */
export function bowled({ overs }: Innings, balls: number): [number, number] {
  if (overs.size === 0) return [0, 0];
  const last = Math.max(...overs.keys());
  const fair = overs.get(last) ?? 0;
  return fair >= balls ? [last + 1, 0] : [last, fair];
}

/** `12.4`, and `12` for whole overs. */
export function oversText(innings: Innings, balls: number): string {
  const [over, fair] = bowled(innings, balls);
  return fair === 0 ? String(over) : `${over}.${fair}`;
}

/** The overs of a bowler, who may have changed with another within one. */
export function bowlersOvers(fair: number, balls: number): string {
  return fair % balls === 0 ? String(fair / balls) : `${Math.floor(fair / balls)}.${fair % balls}`;
}

/** Why no ball can be bowled in this innings any more; null while one can. */
export function inningsOver(state: CricketState, config: Record<string, unknown>): string | null {
  const { present } = state;
  if (present === null || present.ended) return null;
  if (present.wickets + present.absent >= wicketsOf(config, present.type)) return "All out";
  const shortened = inningsDue(config) === 2 ? (state.innings[0]?.oversAllowed ?? null) : null;
  const overs =
    present.type === "super_over" ? 1 : (present.oversAllowed ?? shortened ?? count(config.overs));
  const [whole, fair] = bowled(present, perOver(config));
  if (overs > 0 && whole + fair / 10 >= overs) return "All overs bowled";
  const target = targetOf(state, config);
  return target !== null && present.runs >= target ? "Target reached" : null;
}

/** What the side that bats last needs to win. */
export function targetOf({ innings, present }: CricketState, config: Record<string, unknown>): number | null {
  if (present === null) return null;
  if (present.target !== null) return present.target;
  let before = innings.filter(({ type, number }) => type === present.type && number < present.number);
  if (present.type === "super_over") before = before.length % 2 === 1 ? before.slice(-1) : [];
  else if (before.length !== inningsDue(config) - 1) before = [];
  if (before.length === 0) return null;
  const lead = before.reduce(
    (sum, { batting, runs }) => sum + (batting === present.batting ? -runs : runs),
    0,
  );
  return Math.max(lead + 1, 1);
}

/** The two in the middle to choose from, each by a key. */
export function batterOptions({ crease }: Innings): Option[] {
  return [
    { value: "striker", label: crease.striker?.name ?? "Striker", key: "1" },
    { value: "nonStriker", label: crease.nonStriker?.name ?? "Non-striker", key: "2" },
  ];
}

export type Need = "striker" | "nonStriker" | "bowler";

/** What has to be known before the next ball. */
export function needOf(innings: Innings): Need | null {
  if (innings.crease.striker === undefined) return "striker";
  if (innings.crease.nonStriker === undefined) return "nonStriker";
  return innings.crease.bowler === undefined ? "bowler" : null;
}

/** The id of the event that a crease is put down after. */
export function lastEventOf(innings: Innings, events: readonly MatchEvent[]): string | null {
  return events.findLast(({ period }) => period === innings.number)?.eventId ?? null;
}
