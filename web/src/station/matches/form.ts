import type { CreateMatch } from "../../contracts/generated";
import { abbreviationOf } from "../../features/text";
import { DEFAULT_SPORT, SPORTS, type Sport } from "../../sports";
import { slugOf } from "../slug";
import { readLineup } from "./lineup";

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

export const emptyForm = (now: number): Typed => ({
  sport: DEFAULT_SPORT,
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
  const type = SPORTS[typed.sport].form.competitorType(typed.names);
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
      type,
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
  return (
    abbreviations[index] ?? abbreviationOf(names[index], { initials: SPORTS[sport].form.shortByInitials })
  );
}

/** The first leg by competitor id; nothing where it was not typed. */
function firstLegOf({ sport, firstLeg }: Typed, ids: readonly string[]): Record<string, unknown> {
  if (!SPORTS[sport].form.hasTwoLegs || firstLeg.some((goals) => goals.trim() === "")) return {};
  return { firstLeg: Object.fromEntries(ids.map((id, index) => [id, Number(firstLeg[index])])) };
}

function configOf({ sport, config }: Typed): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, values, configOf: said } of SPORTS[sport].form.settings) {
    const value = config[name] ?? values[0]?.[0] ?? "";
    if (said !== undefined) Object.assign(found, said(value));
    else if (value === "true" || value === "false") found[name] = value === "true";
    else found[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return found;
}
