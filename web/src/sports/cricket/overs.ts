/** What the charts and the scorecard of cricket are drawn from: pure, from the events of a course in the order of play. */
import type { TimelineEvent } from "../../contracts/generated";
import { figure } from "../shared/marks";
import { wicketsIn } from "./dismissal";

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
    const wickets = wicketsIn(event.detail);
    over.runs += runs;
    over.total += runs;
    over.wickets += wickets;
    over.down += wickets;
    if (event.type === "ball" && !figure(extras.wides) && !figure(extras.noballs))
      legal.set(event.period, bowled + 1);
  }
  return [...found.values()];
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
    for (let index = 0; index < wicketsIn(event.detail); index++) {
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
