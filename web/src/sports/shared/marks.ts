/** How events are marked in commentary, on boards and in logs. Pure; each sport marks its own types of events. */
import type { MatchEvent } from "../../contracts/generated";

export type Tone = "plain" | "score" | "good" | "bad" | "yellow" | "red";

/** How an event is marked: a few characters, a colour, and whether it belongs to the key moments. */
export interface Mark {
  text: string;
  spoken: string;
  tone: Tone;
  key: boolean;
}

/** What is marked: an event of the commentary or of a chart. */
export type Marked = Pick<MatchEvent, "type" | "detail" | "scoreAfter"> &
  Partial<Pick<MatchEvent, "op" | "confirmation">>;

export const PLAIN: Mark = { text: "", spoken: "", tone: "plain", key: false };

/** A key moment that has words and no sign. */
export const KEY_MOMENT: Mark = { ...PLAIN, key: true };

export const SUBSTITUTION: Mark = { text: "Sub", spoken: "Substitution", tone: "plain", key: false };

/** A number of an event's `detail`, which is the feed's own: each field is looked at before it is believed. */
export function figure(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
