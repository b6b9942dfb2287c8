/** Desks for the tests of pads. */
import type { Match } from "../../../contracts/generated";
import { progressOf } from "../../../station/scoring/entry";
import { eventsOf } from "../../../station/scoring/events.testing";
import type { Action, Desk } from "./actions";
import type { Entry } from "./entry";

const side = (id: string, name: string) => ({
  id,
  name,
  abbreviation: name,
  type: "team",
  score: 0,
  scoreDisplay: "",
});

export function deskOf(
  sport: Match["sport"],
  playTypes: ReadonlySet<string>,
  entries: Entry[],
  config: Record<string, unknown> = {},
): Desk {
  const events = eventsOf(...entries);
  const match = {
    id: "m",
    sport,
    competitors: [side("red", "Reds"), side("blue", "Blues")],
  } as unknown as Match;
  return {
    match,
    config,
    events,
    progress: progressOf(events, playTypes),
    places: {},
    clock: () => undefined,
  };
}

export const all = (groups: { actions: readonly Action[] }[]) => groups.flatMap(({ actions }) => actions);
