/**
 * What the scorer's page has to know of a sport. Types only; the code of a sport's `scoring` folder is loaded when a
 * match of it is scored, so that listeners do not carry it.
 */
import type { ComponentType } from "preact";
import type { EventOp, Match, NewEventClock } from "../contracts/generated";
import type { Action, Desk, Group } from "./shared/scoring/actions";
import type { WatchRules } from "./shared/scoring/watch";

/** Somebody who has to be named before play can go on. */
export interface Missing {
  /** The same as long as it is the same gap: it is asked for unasked only once. */
  key: string;
  /** Asks for it. */
  action: Action;
  /** Whether an action cannot be entered before. */
  holds: (action: Action) => boolean;
}

/** A detail of an event that can be put right, by its path. */
export interface Detail {
  path: readonly [string, string?];
  label: string;
  kind: "number" | "flag" | "text" | readonly (readonly [value: string, text: string])[];
}

/** What can be put right of an entry, by the event's type and by the roles of its players. */
export interface Corrections {
  details: Readonly<Record<string, readonly Detail[]>>;
  /** What a role is called, beside those of `shared/scoring/corrections.ts`. */
  roles: Readonly<Record<string, string>>;
  /** Roles that a correction may add, where the entry left them out. */
  possible: Readonly<Record<string, readonly string[]>>;
  /** Roles of players of the side that the event is not of. */
  otherSide: ReadonlySet<string>;
}

export interface SportScoring {
  /** The watch that entries take their time from; null in a sport without a clock. */
  watch: WatchRules | null;
  /** Types of events by which the server sees that the match is under way; any other is commentary. */
  playTypes: ReadonlySet<string>;
  /** All that can be entered now. */
  padOf: (desk: Desk) => Group[];
  corrections: Corrections;
  /** The id of the side that serves. */
  serverOf?: (desk: Desk) => string | null;
  /** Who has to be named now; null where nobody is missing. */
  missingOf?: (desk: Desk) => Missing | null;
  /** The id of the event that a change of places without an entry is put down after. */
  anchorOf?: (desk: Desk) => string | null;
  /** What stands between the score and the pad. `onPress`: presses an action by its id. */
  Middle?: ComponentType<{ desk: Desk; onPress: (actionId: string) => void }>;
  /** The clock of commentary, where no watch says it. */
  wordsClock?: (match: Match) => NewEventClock | undefined;
  /** What a second entry is asked about by, where that is not its type: `wicket`, `basket`. */
  nounOf?: (op: Pick<EventOp, "type" | "detail">) => string | null;
}
