import type { MatchEvent } from "../../contracts/generated";
import { type Action, type Desk, type Group, statusActions, text } from "./actions";
import { type Entry, opponentOf, sidesOf } from "./entry";

interface TennisSet {
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

const ENDINGS: Record<string, string> = {
  retirement: "Retirement",
  default: "Default",
  walkover: "Walkover",
};

const WORDS = ["0", "15", "30", "40"];

/** The score once this side has won the next point, as an umpire calls it: `30-15`, `Game Ann Abbot, 3-2`. */
export function afterPoint(desk: Desk, state: TennisState, winner: string): string {
  const [home, away] = sidesOf(desk.match);
  const ids = [home.id, away.id] as const;
  const played = { type: "point", period: state.number, competitorId: winner, detail: {} } as MatchEvent;
  const next = tennisState([...desk.events, played], desk.config, ids);
  const name = winner === home.id ? home.name : away.name;
  const of = (number: number) => next.sets.find((one) => one.number === number);
  const games = (one: TennisSet | undefined) => ids.map((id) => one?.games[id] ?? 0).join("-");
  const present = of(state.number);
  if (next.champion !== null) return `Game, set and match ${name}, ${next.sets.map(games).join(" ")}`;
  if (present?.winner != null) return `Game and set ${name}, ${games(present)}`;
  const points = ids.map((id) => present?.points[id] ?? 0);
  const [h = 0, a = 0] = points;
  if (h === 0 && a === 0) return `Game ${name}, ${games(present)}`;
  if (next.tieBreak) return points.join("-");
  if (h >= 3 && a >= 3) return h === a ? "Deuce" : `Advantage ${h > a ? home.name : away.name}`;
  return points.map((n) => WORDS[Math.min(n, 3)]).join("-");
}

/** All that can be entered in tennis now. */
export function tennisPad(desk: Desk): Group[] {
  const [home, away] = sidesOf(desk.match);
  const state = tennisState(desk.events, desk.config, [home.id, away.id]);
  const begun = desk.events.some(({ type }) => type === "period_start" || type === "point");
  const point = (side: string, more: Record<string, unknown>, words: string): Entry => ({
    type: "point",
    period: state.number,
    side,
    // Who serves follows from who served first; stating it again would contradict a later correction.
    detail: more,
    text: `${words}. ${afterPoint(desk, state, side)}`,
  });
  const column = (side: typeof home, key: string): Group => {
    const serving = state.server === side.id;
    const rival = opponentOf(desk.match, side.id);
    const actions: Action[] = [
      {
        id: `point-${side.id}`,
        label: "Point",
        key,
        side: side.id,
        tone: "score",
        big: true,
        entries: () => [point(side.id, {}, `Point ${side.name}`)],
      },
    ];
    if (serving)
      actions.push(
        {
          id: `ace-${side.id}`,
          label: "Ace",
          key: "e",
          side: side.id,
          tone: "score",
          entries: () => [point(side.id, { result: "ace" }, `Ace, ${side.name}`)],
        },
        {
          id: `double-${side.id}`,
          label: "Double fault",
          key: "d",
          side: side.id,
          tone: "warn",
          entries: () => [point(rival.id, { result: "double_fault" }, `Double fault, ${side.name}`)],
        },
      );
    return { title: side.name, actions: state.over || !begun ? [] : actions };
  };
  return [
    { title: "Match", actions: matchActions(desk, state, begun) },
    column(home, "a"),
    column(away, "l"),
  ];
}

function matchActions(desk: Desk, state: TennisState, begun: boolean): Action[] {
  const sides = sidesOf(desk.match);
  const who = sides.map((side, index) => ({
    value: side.id,
    label: side.name,
    key: index === 0 ? "a" : "l",
  }));
  if (state.over) return [];
  const ends: Action = {
    id: "ends",
    label: "Retirement",
    key: "r",
    tone: "warn",
    steps: () => [
      {
        kind: "choice",
        name: "how",
        title: "Why does it end?",
        options: [
          { value: "retirement", label: "Retirement", key: "r" },
          { value: "default", label: "Default", key: "d" },
          { value: "walkover", label: "Walkover", key: "w" },
        ],
      },
      { kind: "choice", name: "side", title: "Who does not go on?", options: who },
    ],
    entries: ({ how, side }) => [
      {
        type: text(how),
        period: state.number,
        side: text(side),
        text: `${ENDINGS[text(how)]}, ${sides.find(({ id }) => id === text(side))?.name ?? ""}`,
      },
    ],
  };
  const serves = (label: string, key: string, id: string): Action => ({
    id,
    label,
    key,
    tone: begun ? "plain" : "main",
    steps: () => [{ kind: "choice", name: "server", title: "Who serves next?", options: who }],
    entries: ({ server }) => [
      {
        type: "period_start",
        period: state.number,
        detail: { type: "set", serverId: text(server) },
        text: `${sides.find(({ id: known }) => known === text(server))?.name ?? ""} to serve`,
      },
    ],
  });
  const calls: Action = {
    id: "calls",
    label: "Call",
    key: "c",
    steps: () => [
      {
        kind: "choice",
        name: "what",
        title: "What happened?",
        options: [
          { value: "let", label: "Let", key: "l" },
          { value: "challenge", label: "Challenge", key: "c" },
          { value: "medical_timeout", label: "Medical time-out", key: "m" },
          { value: "warning", label: "Warning", key: "w" },
        ],
      },
      { kind: "choice", name: "side", title: "Whose?", options: who },
    ],
    entries: ({ what, side }) => [
      {
        type: text(what),
        period: state.number,
        side: text(side),
        text: `${CALLS[text(what)]}, ${sides.find(({ id }) => id === text(side))?.name ?? ""}`,
      },
    ],
  };
  return begun
    ? [serves("Server", "s", "server"), calls, ends, ...statusActions(desk)]
    : [serves("First server", "n", "begin"), ends, ...statusActions(desk)];
}

const CALLS: Record<string, string> = {
  let: "Let",
  challenge: "Challenge",
  medical_timeout: "Medical time-out",
  warning: "Warning",
};
