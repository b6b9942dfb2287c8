import type { MatchEvent } from "../../contracts/generated";

/** The provider of what is scored by hand. */
export const HAND = "hand";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** An id that sorts by time and that nobody else makes: a retry is the same event, a new entry never is. */
export function newEventId(now: number, bytes = crypto.getRandomValues(new Uint8Array(10))): string {
  const tail = [...bytes].map((byte) => DIGITS[byte % 36]).join("");
  return `${now.toString(36).padStart(9, "0")}-${tail}`;
}

type Placed = Pick<MatchEvent, "period" | "orderKey">;

/**
 * The key that puts an entry after everything that this page knows of the period. Keys are compared character by
 * character; those of entries are their moment, so that two scorers' entries come in the order in which they happened.
 */
export function keyAtEnd(known: readonly Placed[], period: number, now: number): string {
  const last = known.reduce(
    (most, one) => (one.period === period && one.orderKey > most ? one.orderKey : most),
    "",
  );
  const key = `t${String(now).padStart(13, "0")}`;
  return key > last ? key : `${last}5`;
}

/** A key between two neighbours, or null where there is none; `after` is undefined at the end of a period. */
export function keyBetween(before: string, after: string | undefined): string | null {
  if (after === undefined) return `${before}5`;
  if (before >= after) return null;
  if (!after.startsWith(before)) return `${before}5`;
  const rest = below(after.slice(before.length));
  return rest === null ? null : before + rest;
}

/** Something that sorts before `text` and after nothing at all. */
function below(text: string): string | null {
  const first = text.charAt(0);
  if (first === "") return null;
  const place = DIGITS.indexOf(first);
  if (place > 1) return DIGITS.charAt(Math.floor(place / 2));
  if (place < 0) return first > "5" ? "5" : null;
  const rest = below(text.slice(1));
  return rest === null ? (place === 1 ? "0i" : null) : first + rest;
}
