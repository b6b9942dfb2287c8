/** What a board and a row say of an innings. Pure, from the match and its newest events. */
import type { Competitor, Match, MatchEvent, MatchPeriod } from "../../contracts/generated";

/** Overs as people write them, in balls of six: `17.2` is 104. */
function balls(overs: string): number {
  const [whole = "0", rest = "0"] = overs.split(".");
  return Number(whole) * 6 + Number(rest);
}

/** Runs an over that are still needed in a chase, to two decimals; null where nothing or no ball is left. */
export function requiredRate(period: MatchPeriod): string | null {
  const { target, runs, ballsLeft } = period.detail ?? {};
  if (target === undefined || runs === undefined || ballsLeft === undefined || ballsLeft === 0) return null;
  return runs >= target ? null : (((target - runs) * 6) / ballsLeft).toFixed(2);
}

/** Runs an over of an innings, to two decimals; null before the first ball. */
export function runRate(period: MatchPeriod): string | null {
  if (period.detail === undefined) return null;
  const bowled = balls(period.detail.overs);
  return bowled === 0 ? null : ((period.detail.runs * 6) / bowled).toFixed(2);
}

/** The innings that one side played, first to last. */
export function inningsOf(match: Match, side: Competitor): MatchPeriod[] {
  return match.periods.filter((period) => period.detail?.battingId === side.id);
}

/** The balls of the over that is being bowled, first to last; `events` are newest first. */
export function thisOver(events: readonly MatchEvent[]): MatchEvent[] {
  const bowled = events.filter((event) => event.type === "ball" && event.op !== "delete");
  const last = bowled[0];
  if (last === undefined || typeof last.detail.over !== "number") return [];
  return bowled
    .filter((event) => event.period === last.period && event.detail.over === last.detail.over)
    .reverse();
}
