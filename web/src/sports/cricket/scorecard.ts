import type {
  Match,
  MatchEvent,
  MatchStatistics,
  StatGroup,
  StatRow,
  StatTotal,
} from "../../contracts/generated";
import { figure } from "../shared/marks";
import { batting, bowling, extrasOf, isLegal, wicketsOf } from "./crease";
import { BOWLERS } from "./dismissal";

/**
 * The scorecard at the very state of the board above it. Statistics are read now and then, the board changes with each
 * ball: the balls between the two are added here, so that the runs of a card are always those of its heading.
 */
export function cardsAt(
  match: Match,
  statistics: MatchStatistics,
  events: readonly MatchEvent[],
): MatchStatistics {
  const since = events.filter(
    (event) =>
      event.type === "ball" &&
      event.seq > statistics.seq &&
      event.seq <= match.seq &&
      event.op !== "delete" &&
      event.confirmation !== "cancelled",
  );
  const groups = statistics.groups.map((group) => {
    const [kind, number] = group.key.split(".");
    const balls = since.filter(({ period }) => String(period) === number);
    if (balls.length > 0 && kind === "batting") return batters(group, balls, match);
    return balls.length > 0 && kind === "bowling" ? bowlers(group, balls) : group;
  });
  return since.length === 0 ? statistics : { ...statistics, seq: match.seq, groups };
}

type Player = MatchEvent["players"][number];

/** The rows of those who had one, and of those who came in since, in the order in which they did. */
function withNew(group: StatGroup, balls: readonly MatchEvent[], roles: readonly string[]): StatRow[] {
  const rows = new Map(group.rows.map((row) => [row.playerId, row]));
  const side = group.rows[0]?.competitorId ?? group.totals[0]?.competitorId ?? "";
  // Events come newest first.
  for (const ball of [...balls].reverse())
    for (const player of ball.players.filter(({ role }) => roles.includes(role)))
      if (!rows.has(player.id))
        rows.set(player.id, {
          playerId: player.id,
          name: player.name ?? player.id,
          competitorId: side,
          values: {},
        });
  return [...rows.values()];
}

function count(balls: readonly MatchEvent[], of: (ball: MatchEvent) => number): number {
  return balls.reduce((sum, ball) => sum + of(ball), 0);
}

function batters(group: StatGroup, balls: readonly MatchEvent[], match: Match): StatGroup {
  const rows = withNew(group, balls, ["batter", "non_striker"]).map((row): StatRow => {
    const faced = balls.filter((ball) => has(ball, "batter", row.playerId));
    const hit = (runs: number) =>
      count(faced, ({ detail }) => (detail.batterRuns === runs && detail.nonBoundary !== true ? 1 : 0));
    const now = batting(row, balls, row.playerId);
    return {
      ...row,
      values: {
        ...row.values,
        ...now,
        fours: figure(row.values.fours) + hit(4),
        sixes: figure(row.values.sixes) + hit(6),
        dismissal: outOf(balls, row.playerId) ?? row.values.dismissal ?? "not out",
        ...(now.balls > 0 ? { strikeRate: Math.round((now.runs * 10_000) / now.balls) / 100 } : {}),
      },
    };
  });
  return { ...group, rows, totals: group.totals.map((total) => totalAt(total, group, balls, match)) };
}

function totalAt(total: StatTotal, group: StatGroup, balls: readonly MatchEvent[], match: Match): StatTotal {
  const { values } = total;
  if (total.label === "Extras") {
    const more = count(balls, (ball) =>
      Object.values(extrasOf(ball)).reduce<number>((sum, runs) => sum + figure(runs), 0),
    );
    // How they came about is said again when the statistics are read again.
    return more === 0
      ? total
      : { ...total, values: { ...values, runs: figure(values.runs) + more, dismissal: "" } };
  }
  const detail = match.periods.find(({ number }) => `batting.${number}` === group.key)?.detail;
  if (detail === undefined || total.label !== "Total") return total;
  const wickets = detail.wickets === 1 ? "1 wicket" : `${detail.wickets} wickets`;
  const overs = detail.overs === "1" ? "1 over" : `${detail.overs} overs`;
  return {
    ...total,
    values: { ...values, runs: detail.runs ?? figure(values.runs), dismissal: `${wickets}, ${overs}` },
  };
}

function bowlers(group: StatGroup, balls: readonly MatchEvent[]): StatGroup {
  const rows = withNew(group, balls, ["bowler"]).map((row): StatRow => {
    const bowled = balls.filter((ball) => has(ball, "bowler", row.playerId));
    const now = bowling(row, balls, row.playerId);
    const [overs = "0", rest = "0"] = now.overs.split(".");
    const legal = Number(overs) * 6 + Number(rest);
    const extra = (kind: string) => count(bowled, (ball) => figure(extrasOf(ball)[kind]));
    const conceded = (ball: MatchEvent) =>
      figure(ball.detail.batterRuns) + figure(extrasOf(ball).wides) + figure(extrasOf(ball).noballs);
    return {
      ...row,
      values: {
        ...row.values,
        ...now,
        dots:
          figure(row.values.dots) + count(bowled, (ball) => (isLegal(ball) && conceded(ball) === 0 ? 1 : 0)),
        wides: figure(row.values.wides) + extra("wides"),
        noballs: figure(row.values.noballs) + extra("noballs"),
        ...(legal > 0 ? { economy: Math.round((now.runs * 600) / legal) / 100 } : {}),
      },
    };
  });
  return { ...group, rows };
}

function has(ball: MatchEvent, role: string, id: string): boolean {
  return ball.players.some((player) => player.role === role && player.id === id);
}

function named(players: readonly Player[], role: string): string {
  return players
    .filter((player) => player.role === role)
    .map(({ name, id }) => name ?? id)
    .join("/");
}

/** How somebody got out in these balls, as scorecards write it; null for who did not. */
function outOf(balls: readonly MatchEvent[], id: string): string | null {
  const ball = balls.find((one) => has(one, "player_out", id));
  const kind = ball === undefined ? undefined : String(wicketsOf(ball)[0]?.kind ?? "");
  if (ball === undefined || kind === undefined || kind === "") return null;
  const bowler = named(ball.players, "bowler");
  const fielders = named(ball.players, "fielder");
  const said: Record<string, string> = {
    bowled: `b ${bowler}`,
    lbw: `lbw b ${bowler}`,
    caught: `c ${fielders || "sub"} b ${bowler}`,
    "caught and bowled": `c & b ${bowler}`,
    stumped: `st ${fielders || "sub"} b ${bowler}`,
    "hit wicket": `hit wicket b ${bowler}`,
    "run out": fielders === "" ? "run out" : `run out (${fielders})`,
  };
  return said[kind] ?? (BOWLERS.has(kind) ? `${kind} b ${bowler}` : kind);
}
