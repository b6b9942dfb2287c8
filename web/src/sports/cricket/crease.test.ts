import { expect, it } from "vitest";
import { matchEvent } from "../../contracts/event.testing";
import type { Match, MatchEvent, MatchStatistics } from "../../contracts/generated";
import { creaseOf } from "./crease";

function ball(seq: number, detail: Record<string, unknown>, batter = "ann", other = "bea"): MatchEvent {
  return matchEvent({
    eventId: `b${seq}`,
    seq,
    orderKey: String(seq),
    type: "ball",
    detail: { over: 3, batterRuns: 0, ...detail },
    players: [
      { id: batter, role: "batter", name: batter },
      { id: "zoe", role: "bowler", name: "zoe" },
      { id: other, role: "non_striker", name: other },
    ],
  });
}

const match = {
  sport: "cricket",
  status: "live",
  clock: { period: 1, direction: "none", running: true, display: "3.2" },
} as Match;

const row = (playerId: string, values: Record<string, number | string>) => ({
  playerId,
  name: playerId.toUpperCase(),
  competitorId: "h",
  values,
});

const statistics: MatchStatistics = {
  matchId: "m",
  seq: 10,
  groups: [
    { key: "batting.1", title: "", columns: [], totals: [], rows: [row("ann", { runs: 20, balls: 15 })] },
    {
      key: "bowling.1",
      title: "",
      columns: [],
      totals: [],
      rows: [row("zoe", { overs: "1.4", maidens: 0, runs: 9, wickets: 1 })],
    },
  ],
};

it("adds the balls since the statistics to those who bat and bowl", () => {
  const events = [
    ball(13, { batterRuns: 1 }),
    ball(12, { extras: { wides: 1 } }),
    ball(11, { batterRuns: 4 }),
    ball(10, { batterRuns: 6 }),
  ];
  const crease = creaseOf(match, statistics, events);
  expect(crease?.batters).toEqual([
    { name: "ANN", runs: 25, balls: 17, facing: false },
    { name: "bea", runs: 0, balls: 0, facing: true },
  ]);
  expect(crease?.bowler).toEqual({ name: "ZOE", overs: "2", maidens: 0, runs: 15, wickets: 1 });
});

it("leaves out who is out, and says nothing of who faces then", () => {
  const out = ball(11, { wickets: [{ kind: "bowled", playerOut: "ann" }] });
  out.players.push({ id: "ann", role: "player_out" });
  const crease = creaseOf(match, statistics, [out]);
  expect(crease?.batters).toEqual([{ name: "bea", runs: 0, balls: 0, facing: false }]);
  expect(crease?.bowler?.wickets).toBe(2);
});

it("lets the batters change ends with the over", () => {
  const over = Array.from({ length: 6 }, (_, index) => ball(20 - index, {}));
  expect(creaseOf(match, statistics, over)?.batters.map(({ facing }) => facing)).toEqual([false, true]);
  expect(creaseOf({ ...match, status: "break" }, statistics, over)).toBeNull();
});
