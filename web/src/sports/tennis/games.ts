/** What the chart of tennis is drawn from: pure, from the events of a course in the order of play. */
import type { Match, TimelineEvent } from "../../contracts/generated";

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
