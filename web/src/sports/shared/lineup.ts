import type { LineupPlayer } from "../../contracts/generated";

/** The lines of a formation, from the goal on. */
export type Row = "goal" | "defence" | "midfield" | "attack";

const ROWS: readonly Row[] = ["goal", "defence", "midfield", "attack"];

/** Feeds write positions as words or as the usual short forms. */
const FORMS: readonly (readonly [RegExp, Row])[] = [
  [/^(gk?|goal ?keeper|keeper)$/i, "goal"],
  [/^(df?|def|defender|defence|[lrc]w?b|[lr]?cb|sw|.*back|.*defender)$/i, "defence"],
  [/^(mf?|mid|midfielder|midfield|[lrcda]m|[cd]?dm|[lrc]{1,2}m|cam|cdm|.*midfielder)$/i, "midfield"],
  [/^(fw?|fwd|st|cf|ss|[lr]w|[lr]f|att|attacker|forward|striker|.*winger|.*forward|.*striker)$/i, "attack"],
];

export function rowOf(position: string | undefined): Row | null {
  if (position === undefined) return null;
  return FORMS.find(([form]) => form.test(position.trim()))?.[1] ?? null;
}

/**
 * The eleven as rows of a formation, the keeper first; null unless there are eleven whose positions are all known, with
 * one keeper among them.
 */
export function formationOf(starters: readonly LineupPlayer[]): LineupPlayer[][] | null {
  if (starters.length !== 11) return null;
  const rows = ROWS.map((row) => starters.filter(({ position }) => rowOf(position) === row));
  const placed = rows.reduce((sum, row) => sum + row.length, 0);
  if (placed !== starters.length || rows[0]?.length !== 1 || rows.some((row) => row.length > 6)) return null;
  return rows.filter((row) => row.length > 0).map(fromLeft);
}

/** The keeper first, then from the back to the front; as they come where a position is not known. */
export function inOrder(players: readonly LineupPlayer[]): LineupPlayer[] {
  const row = ({ position }: LineupPlayer) => ROWS.indexOf(rowOf(position) as Row);
  if (players.some((player) => row(player) < 0)) return [...players];
  return [...players].sort((a, b) => row(a) - row(b));
}

/** `4-3-3`. */
export function formationName(rows: readonly LineupPlayer[][]): string {
  return rows
    .slice(1)
    .map((row) => row.length)
    .join("-");
}

/** Those on the left stand left, seen from behind their goal. */
function fromLeft(row: LineupPlayer[]): LineupPlayer[] {
  const place = ({ position = "" }: LineupPlayer) =>
    /^l/i.test(position) ? -1 : /^r/i.test(position) ? 1 : 0;
  return [...row].sort((a, b) => place(a) - place(b));
}

/** `Griezmann` of `A. Griezmann`. */
export function shortName(name: string): string {
  const words = name.trim().split(/\s+/);
  return words.length > 1 ? words.slice(1).join(" ") : name;
}
