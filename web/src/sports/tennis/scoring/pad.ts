import type { MatchEvent } from "../../../contracts/generated";
import {
  type Action,
  type Desk,
  type Group,
  sideOptions,
  statusActions,
  text,
} from "../../shared/scoring/actions";
import { type Entry, opponentOf, sidesOf } from "../../shared/scoring/entry";
import { ENDINGS, type TennisSet, type TennisState, tennisState } from "./state";

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
  const who = sideOptions(desk.match, ["a", "l"]);
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
