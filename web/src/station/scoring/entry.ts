/** Entries on their way to the server, and the players they name. Pure. */
import type { Competitor, EventOp, MatchEvent } from "../../contracts/generated";
import { statusesOf } from "../../sports/shared/match";
import type { Entry, Person, Progress } from "../../sports/shared/scoring/entry";
import { slugOf } from "../slug";
import { HAND, keyAtEnd, newEventId } from "./order";

/** The operations of some entries, in their order, after all that is known. */
export function opsOf(
  entries: readonly Entry[],
  known: readonly Pick<MatchEvent, "period" | "orderKey">[],
  now: number,
): EventOp[] {
  const placed = [...known];
  return entries.map((entry, index) => {
    const orderKey = keyAtEnd(placed, entry.period, now + index);
    placed.push({ period: entry.period, orderKey });
    return {
      provider: HAND,
      eventId: newEventId(now + index),
      type: entry.type,
      period: entry.period,
      orderKey,
      occurredAt: now,
      players: entry.players ?? [],
      detail: entry.detail ?? {},
      commentary: entry.text ? [{ text: entry.text, lang: "en" }] : [],
      ...(entry.clock === undefined ? {} : { clock: entry.clock }),
      ...(entry.side === undefined ? {} : { competitorId: entry.side }),
    };
  });
}

/** The id of a player who is known by name alone. */
export function playerId(sideId: string, name: string): string {
  return `${sideId}-${slugOf(name) || encodeURIComponent(name)}`.slice(0, 100);
}

/** A side's players: its line-up, then those whom events have named since. */
export function playersOf(side: Competitor, events: readonly MatchEvent[]): Person[] {
  const found = new Map<string, Person>(
    (side.lineup ?? []).map(({ id, name, number }) => [id, { id, name, number }]),
  );
  for (const event of events)
    for (const { id, name } of event.players)
      if (id.startsWith(`${side.id}-`) && !found.has(id)) found.set(id, { id, name: name ?? id });
  return [...found.values()];
}

/** Longer numbers are on no shirt. */
const SHIRT = /^\d{1,3}$/;

/** Who is meant by what was typed if it is nobody known: play goes on, whatever a line-up says. */
export function strangerIn(side: { id: string }, typed: string, known: readonly Person[]): Person | null {
  if (typed === "") return null;
  const shirt = SHIRT.test(typed) ? Number(typed) : null;
  const exact = known.some((one) =>
    shirt === null ? plain(one.name) === plain(typed) : one.number === shirt,
  );
  if (exact) return null;
  const name = shirt === null ? typed : `Number ${shirt}`;
  if (known.some((one) => plain(one.name) === plain(name))) return null;
  return { id: playerId(side.id, name), name };
}

/** A name as it is compared: without marks and capitals. */
export function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

const OVER: ReadonlySet<unknown> = new Set(statusesOf("over"));

/**
 * Where play stands.
 *
 * @param events what stands, in the order of play
 * @param playTypes types by which the server sees that the match is under way
 */
export function progressOf(events: readonly MatchEvent[], playTypes: ReadonlySet<string>): Progress {
  const state: Progress = { period: 0, stage: "before", stopped: false };
  for (const event of events) {
    if (event.type === "status") {
      const { status } = event.detail;
      state.stopped = status === "interrupted" || status === "suspended";
      if (OVER.has(status)) state.stage = "over";
    } else if (event.type === "match_end") state.stage = "over";
    else if (event.type === "period_end") {
      state.period = event.period;
      if (state.stage !== "over") state.stage = "break";
    } else if (playTypes.has(event.type)) {
      state.period = event.period;
      state.stopped = false;
      if (state.stage !== "over") state.stage = "play";
    }
  }
  return state;
}
