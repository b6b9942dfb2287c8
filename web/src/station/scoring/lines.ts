import type { EventOp, MatchEvent } from "../../contracts/generated";
import { eventKey, inPlay } from "../../state/match";
import { HAND } from "./order";
import type { Job } from "./queue";

/** One line of the scorer's log: what is stored, and what will be. */
export interface Line {
  event: MatchEvent;
  state: Job["state"];
  job?: Job;
}

/** All that was said of the match, in the order of play; what waits to be withdrawn is withdrawn already. */
export function linesOf(events: readonly MatchEvent[], jobs: readonly Job[], matchId: string): Line[] {
  const lines = new Map<string, Line>(events.map((event) => [eventKey(event), { event, state: "stored" }]));
  for (const job of jobs) {
    if (job.kind === "add") {
      const event = asEvent(job.op, matchId);
      if (!lines.has(eventKey(event))) lines.set(eventKey(event), { event, state: job.state, job });
    } else {
      const key = eventKey(job);
      const line = lines.get(key);
      if (line !== undefined && line.event.op !== "delete")
        lines.set(key, { event: { ...line.event, op: "delete" }, state: job.state, job });
    }
  }
  return [...lines.values()].sort((a, b) => inPlay(a.event, b.event));
}

/** Whether an entry is not stored, and only its scorer can say what becomes of it. */
export function isOpen({ state, job }: Pick<Line, "state"> & { job?: Job | undefined }): boolean {
  return state === "asked" || (state === "failed" && job?.kind === "add");
}

/** What counts of some lines: the events that are not withdrawn. */
export function standing(lines: readonly Line[]): MatchEvent[] {
  return lines
    .filter(
      ({ event, state, job }) =>
        event.op !== "delete" && event.confirmation !== "cancelled" && !isOpen({ state, job }),
    )
    .map(({ event }) => event);
}

/** The newest entry by hand that stands, wherever in play it was put. */
export function lastEntered(lines: readonly Line[]): Line | undefined {
  return lines
    .filter(
      ({ event, state, job }) =>
        event.provider === HAND &&
        event.op !== "delete" &&
        event.confirmation !== "cancelled" &&
        !(state === "failed" && job?.kind === "add"),
    )
    .reduce<Line | undefined>(
      (last, line) => (last === undefined || line.event.occurredAt >= last.event.occurredAt ? line : last),
      undefined,
    );
}

/** Whether the match's own events show what a job did. */
export function isShown(events: readonly MatchEvent[]): (job: Job) => boolean {
  const known = new Map(events.map((event) => [eventKey(event), event]));
  return (job) =>
    job.kind === "add" ? known.has(eventKey(job.op)) : known.get(eventKey(job))?.op === "delete";
}

function asEvent(op: EventOp, matchId: string): MatchEvent {
  return {
    matchId,
    eventId: op.eventId,
    revision: 0,
    op: "add",
    seq: Number.MAX_SAFE_INTEGER,
    orderKey: op.orderKey,
    type: op.type,
    period: op.period,
    occurredAt: op.occurredAt,
    receivedAt: op.occurredAt,
    at: op.occurredAt,
    provider: op.provider,
    confirmation: "confirmed",
    detail: op.detail ?? {},
    players: op.players ?? [],
    commentary: (op.commentary ?? []).map(({ text, lang }) => ({ text, lang: lang ?? "en" })),
    ...(op.clock === undefined ? {} : { clock: op.clock }),
    ...(op.competitorId === undefined ? {} : { competitorId: op.competitorId }),
  };
}
