/** What a scorer's pad says of one event, and of the people in it. Pure. */
import type {
  Competitor,
  Match,
  MatchEvent,
  NewEventClock,
  NewEventPlayer,
} from "../../../contracts/generated";

/** What a scorer says of one event; ids, place and moment are put to it when it is entered. */
export interface Entry {
  type: string;
  period: number;
  side?: string | undefined;
  players?: NewEventPlayer[];
  detail?: Record<string, unknown>;
  clock?: NewEventClock | undefined;
  text?: string | undefined;
}

export interface Person {
  id: string;
  name: string;
  number?: number | undefined;
}

/** Where play stands, as the entries say it. `stage`: `break` between two periods. */
export interface Progress {
  period: number;
  stage: "before" | "play" | "break" | "over";
  stopped: boolean;
}

export function inRole(person: Person | null | undefined, role: string): NewEventPlayer[] {
  return person == null ? [] : [{ id: person.id, role, name: person.name }];
}

/** The first of these players in a role. */
export function withRole(event: Pick<MatchEvent, "players">, role: string): Person | undefined {
  const found = event.players.find((player) => player.role === role);
  return found === undefined ? undefined : { id: found.id, name: found.name ?? found.id };
}

export function sidesOf(match: Match): [Competitor, Competitor] {
  const [home, away] = match.competitors;
  if (home === undefined || away === undefined) throw new Error("A match has two sides.");
  return [home, away];
}

export function sideOf(match: Match, id: string): Competitor {
  const [home, away] = sidesOf(match);
  return away.id === id ? away : home;
}

export function opponentOf(match: Match, id: string): Competitor {
  const [home, away] = sidesOf(match);
  return away.id === id ? home : away;
}
