import { expect, it } from "vitest";
import { matchEvent } from "../../contracts/event.testing";
import type { Match, MatchEvent, MatchStatistics, StatRow } from "../../contracts/generated";
import { cardsAt } from "./scorecard";

function ball(seq: number, detail: Record<string, unknown>, more: [string, string][] = []): MatchEvent {
  const people = [["batter", "ann"], ["bowler", "zoe"], ["non_striker", "bea"], ...more] as [
    string,
    string,
  ][];
  return matchEvent({
    eventId: `b${seq}`,
    seq,
    orderKey: String(seq),
    type: "ball",
    detail: { over: 3, batterRuns: 0, ...detail },
    players: people.map(([role, id]) => ({ id, role, name: id })),
  });
}

const row = (playerId: string, competitorId: string, values: StatRow["values"]): StatRow => ({
  playerId,
  name: playerId,
  competitorId,
  values,
});

const STATISTICS: MatchStatistics = {
  matchId: "m",
  seq: 10,
  groups: [
    {
      key: "batting.1",
      title: "",
      columns: [],
      rows: [row("ann", "h", { runs: 20, balls: 15, fours: 2, sixes: 0, dismissal: "not out" })],
      totals: [
        { label: "Extras", competitorId: "h", values: { runs: 3, dismissal: "w 3" } },
        { label: "Total", competitorId: "h", values: { runs: 23, dismissal: "0 wickets, 2.4 overs" } },
      ],
    },
    {
      key: "bowling.1",
      title: "",
      columns: [],
      rows: [
        row("zoe", "a", { overs: "1.4", maidens: 0, runs: 9, wickets: 0, dots: 3, wides: 3, noballs: 0 }),
      ],
      totals: [],
    },
  ],
};

function matchAt(seq: number, runs: number, wickets: number, overs: string): Match {
  return {
    seq,
    periods: [{ number: 1, type: "innings", detail: { runs, wickets, overs } }],
  } as unknown as Match;
}

const EVENTS = [
  ball(14, { wickets: [{ kind: "caught", playerOut: "ann" }] }, [
    ["player_out", "ann"],
    ["fielder", "kim"],
  ]),
  ball(13, { extras: { wides: 1 } }),
  ball(12, { batterRuns: 4 }),
  ball(11, { batterRuns: 6 }),
  ball(10, { batterRuns: 1 }),
];

it("is at every ball what its heading says", () => {
  const states = [
    matchAt(10, 23, 0, "2.4"),
    matchAt(11, 29, 0, "2.5"),
    matchAt(12, 33, 0, "3"),
    matchAt(13, 34, 0, "3"),
    matchAt(14, 34, 1, "3.1"),
  ];
  for (const match of states) {
    const [batting] = cardsAt(match, STATISTICS, EVENTS).groups;
    const [extras, total] = batting?.totals ?? [];
    const made = batting?.rows.reduce((sum, { values }) => sum + Number(values.runs ?? 0), 0) ?? 0;
    const { runs, wickets, overs } = match.periods[0]?.detail ?? {};
    expect(made + Number(extras?.values.runs)).toBe(runs);
    expect(total?.values.runs).toBe(runs);
    expect(total?.values.dismissal).toContain(`${wickets} wicket`);
    expect(total?.values.dismissal).toContain(`${overs} over`);
  }
});

it("knows who came in, who is out and how, and what the bowler has", () => {
  const [batting, bowling] = cardsAt(matchAt(14, 34, 1, "3.1"), STATISTICS, EVENTS).groups;
  expect(
    batting?.rows.map(({ playerId, values }) => [playerId, values.runs, values.balls, values.dismissal]),
  ).toEqual([
    ["ann", 30, 18, "c kim b zoe"],
    ["bea", 0, 0, "not out"],
  ]);
  expect(batting?.rows[0]?.values).toMatchObject({ fours: 3, sixes: 1, strikeRate: 166.67 });
  expect(bowling?.rows[0]?.values).toMatchObject({ overs: "2.1", runs: 20, wickets: 1, dots: 4, wides: 4 });
});

it("is as it was read while nothing is new", () => {
  expect(cardsAt(matchAt(10, 23, 0, "2.4"), STATISTICS, EVENTS)).toBe(STATISTICS);
});
