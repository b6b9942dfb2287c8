/** A match of tennis as its scorer's entries say it. Pure. */
import type { MatchEvent } from "../../../contracts/generated";

/** Ways to end that no score says, by type of event. */
export const ENDINGS: Record<string, string> = {
  retirement: "Retirement",
  default: "Default",
  walkover: "Walkover",
};

export interface TennisSet {
  number: number;
  games: Record<string, number>;
  points: Record<string, number>;
  winner: string | null;
}

export interface TennisState {
  sets: TennisSet[];
  /** The set that the next point belongs to. */
  number: number;
  server: string | null;
  champion: string | null;
  /** Whether the next point is one of a tie-break. */
  tieBreak: boolean;
  over: boolean;
}

const option = <T>(value: unknown, otherwise: T): T =>
  typeof value === typeof otherwise ? (value as T) : otherwise;

/**
 * The sets, games and points that stand, by the rules that the server scores by; a page that is offline has to know
 * which set the next point belongs to, and who serves it.
 */
export function tennisState(
  events: readonly MatchEvent[],
  config: Record<string, unknown>,
  ids: readonly [string, string],
): TennisState {
  const bestOf = option<number>(config.bestOf, 3);
  const advantage = option<boolean>(config.advantage, true);
  const perSet = option<number>(config.gamesPerSet, 6);
  const finalSet = option<string>(config.finalSet, "tie_break");
  const [home, away] = ids;
  const none = () => ({ [home]: 0, [away]: 0 });
  const other = (id: string) => (id === home ? away : home);
  const sets = new Map<number, TennisSet>();
  let current = 0;
  let first: string | null = null;
  let ended = false;
  const set = (number: number): TennisSet => {
    const known = sets.get(number);
    if (known !== undefined) return known;
    const made = { number, games: none(), points: none(), winner: null };
    sets.set(number, made);
    return made;
  };
  const isMatchTieBreak = (one: TennisSet) => one.number === bestOf && finalSet === "match_tie_break";
  const tieBreakTo = (one: TennisSet): number | null => {
    if (isMatchTieBreak(one)) return 10;
    const last = one.number === bestOf;
    if (one.games[home] !== perSet || one.games[away] !== perSet || (last && finalSet === "advantage"))
      return null;
    return last && finalSet === "tie_break_10" ? 10 : 7;
  };
  const leader = (one: TennisSet): string | null => {
    const [h, a] = [one.games[home] ?? 0, one.games[away] ?? 0];
    const ahead = h > a ? home : away;
    const [most, least] = [Math.max(h, a), Math.min(h, a)];
    if (most >= perSet && most - least >= 2) return ahead;
    const open = one.number === bestOf && finalSet === "advantage";
    return !open && most === perSet + 1 && least === perSet ? ahead : null;
  };
  const game = (one: TennisSet, winner: string) => {
    one.games[winner] = (one.games[winner] ?? 0) + 1;
    one.points = none();
  };
  const point = (one: TennisSet, winner: string) => {
    if (one.winner !== null) return;
    const needed = tieBreakTo(one);
    const mine = (one.points[winner] ?? 0) + 1;
    one.points[winner] = mine;
    const lead = mine - (one.points[other(winner)] ?? 0);
    if (needed !== null) {
      if (mine >= needed && lead >= 2) {
        one.winner = winner;
        game(one, winner);
      }
    } else if (mine >= 4 && (lead >= 2 || !advantage)) {
      game(one, winner);
      one.winner = leader(one);
    }
  };
  const firstsTurn = (): boolean => {
    let turns = 0;
    for (const one of sets.values()) turns += (one.games[home] ?? 0) + (one.games[away] ?? 0);
    const one = sets.get(current);
    if (one !== undefined && one.winner === null && tieBreakTo(one) !== null)
      turns += Math.floor(((one.points[home] ?? 0) + (one.points[away] ?? 0) + 1) / 2);
    return turns % 2 === 0;
  };
  const serves = (id: unknown) => {
    if (id === home || id === away) first = firstsTurn() ? id : other(id);
  };
  for (const event of events) {
    if (event.type === "period_start" || event.type === "point") {
      current = event.period;
      const one = set(current);
      serves(event.detail.serverId);
      if (event.type === "point" && event.competitorId !== undefined && !ended)
        point(one, event.competitorId);
    } else if (event.type in ENDINGS || event.type === "match_end") ended = true;
    if (champion(sets.values(), bestOf) !== null) ended = true;
  }
  const one = sets.get(current);
  const number = one === undefined ? 1 : one.winner === null ? current : current + 1;
  const present = sets.get(number) ?? { number, games: none(), points: none(), winner: null };
  return {
    sets: [...sets.values()].sort((a, b) => a.number - b.number),
    number,
    server: first === null ? null : firstsTurn() ? first : other(first),
    champion: champion(sets.values(), bestOf),
    tieBreak: tieBreakTo(present) !== null,
    over: ended,
  };
}

function champion(sets: Iterable<TennisSet>, bestOf: number): string | null {
  const won = new Map<string, number>();
  for (const { winner } of sets) if (winner !== null) won.set(winner, (won.get(winner) ?? 0) + 1);
  for (const [id, count] of won) if (count >= Math.floor(bestOf / 2) + 1) return id;
  return null;
}
