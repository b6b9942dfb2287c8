/**
 * The sports of the server, each with all that the pages know of it: the one place that lists them. Every page asks here;
 * a sport of the contract that is missing is an error of the compiler.
 */
import { basketball } from "./basketball";
import { cricket } from "./cricket";
import type { Sport, SportDefinition } from "./definition";
import { football } from "./football";
import { tennis } from "./tennis";

export type { BoardProps, Sport, SportDefinition } from "./definition";

/** In the order in which people choose from them. */
export const SPORTS: Readonly<Record<Sport, SportDefinition>> = { football, cricket, basketball, tennis };

/** What a form begins with, and whose ball stands for matches in general. */
export const DEFAULT_SPORT: Sport = "football";

/** Ids and names, in the same order. */
export const SPORT_NAMES: readonly (readonly [Sport, string])[] = Object.entries(SPORTS).map(
  ([sport, { name }]) => [sport as Sport, name] as const,
);
