import type { CreateMatch, Match } from "../../contracts/generated";
import { abbreviationOf } from "../../features/text";
import { slugOf } from "../slug";
import { readLineup } from "./lineup";

export type Sport = Match["sport"];

/** What the form holds, as it is typed. */
export interface Typed {
  sport: Sport;
  names: [string, string];
  abbreviations: [string | null, string | null];
  lineups: [string, string];
  competition: string;
  start: string;
  venue: string;
  config: Record<string, string>;
  /** Goals of the first leg, of a match that is the second; empty where there was none. */
  firstLeg: [string, string];
}

/** A setting of a sport's rules. `values`: what can be chosen, the usual first. */
export interface Setting {
  name: string;
  label: string;
  values: readonly (readonly [string, string])[];
}

const minutes = (...values: number[]) => values.map((n) => [String(n), `${n} min`] as const);

export const SETTINGS: Record<Sport, readonly Setting[]> = {
  football: [
    { name: "halfMinutes", label: "A half lasts", values: minutes(45, 40, 35, 30, 25, 20, 15, 10) },
    { name: "extraMinutes", label: "A half of extra time", values: minutes(15, 10, 5) },
  ],
  cricket: [
    {
      name: "format",
      label: "Format",
      values: [
        ["20", "20 overs a side"],
        ["50", "50 overs a side"],
        ["40", "40 overs a side"],
        ["10", "10 overs a side"],
        ["5", "5 overs a side"],
        ["days", "By days, two innings a side"],
        ["day", "One day, one innings a side"],
      ],
    },
    {
      name: "ballsPerOver",
      label: "Balls an over",
      values: [
        ["6", "6"],
        ["5", "5"],
        ["8", "8"],
      ],
    },
    {
      name: "wickets",
      label: "All out at",
      values: [10, 9, 8, 7, 6, 5].map((n) => [String(n), `${n} wickets`] as const),
    },
  ],
  basketball: [
    {
      name: "periods",
      label: "Played in",
      values: [
        ["4", "Four quarters"],
        ["2", "Two halves"],
      ],
    },
    { name: "periodMinutes", label: "Each lasts", values: minutes(10, 12, 20, 8, 6) },
    { name: "overtimeMinutes", label: "Overtime", values: minutes(5, 4, 3) },
  ],
  tennis: [
    {
      name: "bestOf",
      label: "Best of",
      values: [
        ["3", "Three sets"],
        ["5", "Five sets"],
      ],
    },
    {
      name: "gamesPerSet",
      label: "Games a set",
      values: [
        ["6", "6"],
        ["4", "4 (short sets)"],
      ],
    },
    {
      name: "advantage",
      label: "At 40–40",
      values: [
        ["true", "Advantage"],
        ["false", "The next point wins"],
      ],
    },
    {
      name: "finalSet",
      label: "Final set",
      values: [
        ["tie_break", "Tie-break to 7"],
        ["tie_break_10", "Tie-break to 10"],
        ["match_tie_break", "Match tie-break to 10"],
        ["advantage", "Two games ahead"],
      ],
    },
  ],
};

export const emptyForm = (now: number): Typed => ({
  sport: "football",
  names: ["", ""],
  abbreviations: [null, null],
  lineups: ["", ""],
  competition: "",
  start: localTime(Math.ceil(now / 900_000) * 900_000),
  venue: "",
  config: {},
  firstLeg: ["", ""],
});

/** A moment as a `datetime-local` field has it, in the reader's own zone. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function readTime(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** The match that was typed; ids follow from the names. */
export function matchOf(typed: Typed, now: number): CreateMatch {
  const type =
    typed.sport === "tennis" ? (typed.names.some((n) => n.includes("/")) ? "pair" : "athlete") : "team";
  const ids = typed.names.map((name, index) => slugOf(name) || `side-${index + 1}`);
  if (ids[0] === ids[1]) ids[1] = `${ids[1]}-2`;
  const competition = typed.competition.trim() || "Friendly";
  const side = (index: 0 | 1) => {
    const id = ids[index] ?? "";
    const lineup = readLineup(typed.lineups[index], id);
    return {
      id,
      name: typed.names[index].trim(),
      abbreviation: abbreviationIn(typed, index).trim() || (index === 0 ? "A" : "B"),
      type: type as "team" | "athlete" | "pair",
      qualifier: index === 0 ? ("home" as const) : ("away" as const),
      ...(lineup.length === 0 ? {} : { lineup }),
    };
  };
  return {
    sport: typed.sport,
    competition: { id: slugOf(competition) || "competition", name: competition },
    scheduledAt: readTime(typed.start) ?? now,
    competitors: [side(0), side(1)],
    ...(typed.venue.trim() === "" ? {} : { venue: typed.venue.trim() }),
    config: { ...configOf(typed), ...firstLegOf(typed, ids) },
  };
}

/** A side's short name: as typed, else from its name in the manner of its sport. */
export function abbreviationIn({ sport, names, abbreviations }: Typed, index: 0 | 1): string {
  return abbreviations[index] ?? abbreviationOf(names[index], { initials: sport === "cricket" });
}

/** Sports whose ties have two legs. */
export const TWO_LEGGED: ReadonlySet<Sport> = new Set(["football"]);

/** The first leg by competitor id; nothing where it was not typed. */
function firstLegOf({ sport, firstLeg }: Typed, ids: readonly string[]): Record<string, unknown> {
  if (!TWO_LEGGED.has(sport) || firstLeg.some((goals) => goals.trim() === "")) return {};
  return { firstLeg: Object.fromEntries(ids.map((id, index) => [id, Number(firstLeg[index])])) };
}

function configOf({ sport, config }: Typed): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, values } of SETTINGS[sport]) {
    const value = config[name] ?? values[0]?.[0] ?? "";
    if (name === "format") {
      if (value === "days") found.inningsPerSide = 2;
      else if (value !== "day") found.overs = Number(value);
    } else if (value === "true" || value === "false") found[name] = value === "true";
    else found[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return found;
}
