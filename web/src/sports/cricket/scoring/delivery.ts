/** The entry of one delivery. Pure. */
import type { Desk, Option } from "../../shared/scoring/actions";
import { type Entry, inRole, type Person } from "../../shared/scoring/entry";
import { bowled, type Innings, perOver } from "./state";

/** Numbers to choose from, each by its own key. */
export const digits = (values: readonly number[], labels: Record<number, string> = {}): Option[] =>
  values.map((n) => ({ value: String(n), label: labels[n] ?? String(n), key: String(n) }));

/** What came of a delivery. */
export interface Ball {
  bat?: number;
  extras?: Record<string, number>;
  nonBoundary?: boolean;
  wicket?: { kind: string; out: Person; fielder: Person | null };
  words: string;
}

export function ballEntry(desk: Desk, innings: Innings, ball: Ball): Entry {
  const { striker, nonStriker, bowler } = innings.crease;
  const balls = perOver(desk.config);
  const [over, fair] = bowled(innings, balls);
  const place = `${over}.${fair + 1}`;
  const last = (one: Person | undefined) => one?.name.split(" ").at(-1) ?? "";
  return {
    type: "ball",
    period: innings.number,
    side: innings.batting,
    clock: { display: place },
    players: [
      ...inRole(striker, "batter"),
      ...inRole(bowler, "bowler"),
      ...inRole(nonStriker, "non_striker"),
      ...inRole(ball.wicket?.out, "player_out"),
      ...inRole(ball.wicket?.fielder, "fielder"),
    ],
    detail: {
      over,
      batterRuns: ball.bat ?? 0,
      ...(ball.extras ? { extras: ball.extras } : {}),
      ...(ball.nonBoundary ? { nonBoundary: true } : {}),
      ...(ball.wicket ? { wickets: [{ kind: ball.wicket.kind, playerOut: ball.wicket.out.name }] } : {}),
    },
    text: `${place} ${last(bowler)} to ${last(striker)}, ${ball.words}`,
  };
}
