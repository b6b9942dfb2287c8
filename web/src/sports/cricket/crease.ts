import type { Match, MatchEvent, MatchStatistics, StatRow } from "../../contracts/generated";
import { figure } from "../shared/marks";
import { BOWLERS } from "./dismissal";

export interface Batter {
  name: string;
  runs: number;
  balls: number;
  /** Whether the next ball is bowled to them; false for both where that is not known. */
  facing: boolean;
}

export interface Bowler {
  name: string;
  /** As people write it: `3.2`. */
  overs: string;
  maidens: number;
  runs: number;
  wickets: number;
}

export interface Crease {
  batters: Batter[];
  bowler: Bowler | null;
}

export function extrasOf(event: MatchEvent): Record<string, unknown> {
  return (event.detail.extras ?? {}) as Record<string, unknown>;
}

export function isLegal(event: MatchEvent): boolean {
  const extras = extrasOf(event);
  return figure(extras.wides) === 0 && figure(extras.noballs) === 0;
}

export function wicketsOf(event: MatchEvent): readonly Record<string, unknown>[] {
  return Array.isArray(event.detail.wickets) ? (event.detail.wickets as Record<string, unknown>[]) : [];
}

/**
 * Who bats and bowls now: the players of the last ball, with their numbers in the statistics and what the balls since
 * those (`events`, newest first) added. Null between innings, and where the feed names no players.
 */
export function creaseOf(
  match: Match,
  statistics: MatchStatistics | null,
  events: readonly MatchEvent[],
): Crease | null {
  const period = match.clock?.period;
  const balls = events.filter(
    (event) =>
      event.type === "ball" &&
      event.period === period &&
      event.op !== "delete" &&
      event.confirmation !== "cancelled",
  );
  const last = balls[0];
  if (last === undefined || match.status !== "live") return null;
  const rows = (kind: string) =>
    statistics?.groups.find((group) => group.key === `${kind}.${period}`)?.rows ?? [];
  const since = balls.filter((ball) => ball.seq > (statistics?.seq ?? 0));
  const named = (role: string) => last.players.find((player) => player.role === role);
  const out = new Set(last.players.filter(({ role }) => role === "player_out").map(({ id }) => id));
  const facing = out.size > 0 ? null : nextFacing(last, balls);
  const batters = ["batter", "non_striker"].flatMap((role) => {
    const player = named(role);
    if (player === undefined || out.has(player.id)) return [];
    const row = rows("batting").find((one) => one.playerId === player.id);
    return [{ ...batting(row, since, player.id), name: nameOf(row, player), facing: facing === role }];
  });
  const bowler = named("bowler");
  const row = rows("bowling").find((one) => one.playerId === bowler?.id);
  return {
    batters,
    bowler: bowler === undefined ? null : { ...bowling(row, since, bowler.id), name: nameOf(row, bowler) },
  };
}

function nameOf(row: StatRow | undefined, player: { id: string; name?: string }): string {
  return row?.name ?? player.name ?? player.id;
}

export function batting(row: StatRow | undefined, since: readonly MatchEvent[], id: string) {
  const faced = since.filter((ball) => ball.players.some((one) => one.role === "batter" && one.id === id));
  return {
    runs: figure(row?.values.runs) + sum(faced, (ball) => figure(ball.detail.batterRuns)),
    balls: figure(row?.values.balls) + sum(faced, (ball) => (figure(extrasOf(ball).wides) > 0 ? 0 : 1)),
  };
}

export function bowling(row: StatRow | undefined, since: readonly MatchEvent[], id: string) {
  const bowled = since.filter((ball) => ball.players.some((one) => one.role === "bowler" && one.id === id));
  const [overs = "0", rest = "0"] = String(row?.values.overs ?? "0").split(".");
  const legal = Number(overs) * 6 + Number(rest) + sum(bowled, (ball) => (isLegal(ball) ? 1 : 0));
  return {
    overs: legal % 6 === 0 ? String(legal / 6) : `${Math.floor(legal / 6)}.${legal % 6}`,
    maidens: figure(row?.values.maidens),
    runs:
      figure(row?.values.runs) +
      sum(bowled, (ball) => {
        const extras = extrasOf(ball);
        return figure(ball.detail.batterRuns) + figure(extras.wides) + figure(extras.noballs);
      }),
    wickets:
      figure(row?.values.wickets) +
      sum(bowled, (ball) => wicketsOf(ball).filter(({ kind }) => BOWLERS.has(String(kind))).length),
  };
}

/** Which of the last ball's two faces the next: they changed ends by odd runs, and the over's end changes them again. */
function nextFacing(last: MatchEvent, balls: readonly MatchEvent[]): "batter" | "non_striker" {
  const extras = extrasOf(last);
  const ran =
    figure(last.detail.batterRuns) +
    figure(extras.byes) +
    figure(extras.legbyes) +
    Math.max(0, figure(extras.wides) - 1) +
    (figure(last.detail.batterRuns) === 0 ? Math.max(0, figure(extras.noballs) - 1) : 0);
  const over = balls.filter((ball) => ball.detail.over === last.detail.over && isLegal(ball)).length;
  const changed = (ran % 2 === 1) !== (typeof last.detail.over === "number" && over >= 6);
  return changed ? "non_striker" : "batter";
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
