import { signal } from "@preact/signals";
import type { EventOp, IngestResult, SameAs } from "../../contracts/generated";
import { ApiError } from "../../net/rest";
import { newEventId } from "./order";

/**
 * Something to be told to the server: a new event, or that one is withdrawn. `attempts`: how often it was sent, so
 * whether the server may know it already; `stored`: it does, and the match's own events will show it in a moment;
 * `asked`: somebody else has just entered the same (`sameAs`), and it is kept until the scorer says whether it is.
 */
export type Job = {
  id: string;
  at: number;
  attempts: number;
  state: "waiting" | "sending" | "stored" | "failed" | "asked";
  error?: string;
  sameAs?: SameAs;
} & ({ kind: "add"; op: EventOp } | { kind: "withdraw"; eventId: string; provider: string; reason: string });

export interface Door {
  ingest: (ops: EventOp[]) => Promise<IngestResult>;
  withdraw: (eventId: string, provider: string, reason: string) => Promise<unknown>;
}

/** Jobs that one match keeps while it cannot send: some hours of scoring, 0.6 kB each. */
export const QUEUE_BOUND = 500;

/** The server takes no more in one request. */
const BATCH = 50;
/** What the server has is kept here no longer than this, whether its match was looked at again or not. */
const STORED_MS = 86_400_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * What was entered on this device and is not stored yet, in the order of entry. Each job is an item of its own in
 * the browser's storage, written before it is sent: a reload loses nothing, and its id sees to it that nothing is
 * doubled.
 */
export class Queue {
  readonly jobs = signal<readonly Job[]>([]);
  private busy = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly name: string,
    private readonly door: Door,
    private readonly store: Store | null,
    private readonly now: () => number = Date.now,
    private readonly isOnline: () => boolean = () => true,
  ) {
    this.jobs.value = this.read();
  }

  /** Enter events; false, and nothing happens, when there is no room for them. */
  add(ops: readonly EventOp[]): boolean {
    if (this.jobs.peek().length + ops.length > QUEUE_BOUND) return false;
    this.put(
      ...ops.map(
        (op): Job => ({
          kind: "add",
          op,
          id: op.eventId,
          at: this.now(),
          attempts: 0,
          state: "waiting",
        }),
      ),
    );
    this.start();
    return true;
  }

  /** Take an event back: one that the server cannot know is forgotten, any other is withdrawn with a reason. */
  withdraw(eventId: string, provider: string, reason: string): void {
    const own = this.jobs.peek().find((job) => job.kind === "add" && job.id === eventId);
    if (own !== undefined && (own.attempts === 0 || own.state === "failed" || own.state === "asked")) {
      this.forget(own.id);
      return;
    }
    const at = this.now();
    this.put({
      kind: "withdraw",
      eventId,
      provider,
      reason,
      id: newEventId(at),
      at,
      attempts: 0,
      state: "waiting",
    });
    this.start();
  }

  retry(id: string): void {
    const job = this.jobs.peek().find((known) => known.id === id);
    if (job?.state !== "failed") return;
    const { error: _, ...rest } = job;
    this.put({ ...rest, state: "waiting" } as Job);
    this.start();
  }

  /** It is not what somebody else has entered: send it as another. If it is the same, `forget` it. */
  another(id: string): void {
    const job = this.jobs.peek().find((known) => known.id === id);
    if (job?.kind !== "add" || job.state !== "asked") return;
    const { sameAs: _, ...rest } = job;
    this.put({ ...rest, op: { ...job.op, another: true }, state: "waiting" });
    this.start();
  }

  forget(...ids: string[]): void {
    for (const id of ids) this.erase(id);
    this.jobs.value = this.jobs.peek().filter((job) => !ids.includes(job.id));
  }

  /** What the match's own events show now need not be kept. */
  settle(isShown: (job: Job) => boolean): void {
    const done = this.jobs.peek().filter((job) => job.state === "stored" && isShown(job));
    if (done.length > 0) this.forget(...done.map(({ id }) => id));
  }

  /** Send what waits, now: there may be a network again. */
  async flush(): Promise<void> {
    this.stop();
    if (this.busy || !this.isOnline()) return;
    this.busy = true;
    try {
      for (let batch = this.next(); batch.length > 0; batch = this.next()) {
        if (!(await this.send(batch))) return;
      }
    } finally {
      this.busy = false;
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Send what waits, unless the server or the network asked for some patience. */
  private start(): void {
    if (this.timer === undefined) void this.flush();
  }

  private next(): Job[] {
    const waiting = this.jobs.peek().filter((job) => job.state === "waiting");
    if (waiting[0]?.kind === "withdraw") return [waiting[0]];
    const end = waiting.findIndex((job) => job.kind === "withdraw");
    return waiting.slice(0, Math.min(BATCH, end < 0 ? waiting.length : end));
  }

  private async send(batch: readonly Job[]): Promise<boolean> {
    const sent = batch.map((job): Job => ({ ...job, state: "sending", attempts: job.attempts + 1 }));
    this.put(...sent);
    try {
      const [first] = sent;
      if (first?.kind === "withdraw") {
        await this.door.withdraw(first.eventId, first.provider, first.reason);
        this.put({ ...first, state: "stored" });
      } else {
        const { items } = await this.door.ingest(sent.flatMap((job) => (job.kind === "add" ? [job.op] : [])));
        this.put(
          ...sent.map((job, index): Job => {
            const item = items[index];
            if (item?.sameAs !== undefined) return { ...job, state: "asked", sameAs: item.sameAs };
            const refused = item?.result === "rejected" || item?.result === "stale";
            return refused
              ? { ...job, state: "failed", error: item.error ?? "The server has something newer." }
              : { ...job, state: "stored" };
          }),
        );
      }
      this.failures = 0;
      return true;
    } catch (error) {
      if (isFinal(error)) {
        // A withdrawal of what is not there has nothing left to do.
        if (error.status === 404 && sent[0]?.kind === "withdraw") this.forget(sent[0].id);
        else this.put(...sent.map((job): Job => ({ ...job, state: "failed", error: error.message })));
        return true;
      }
      this.put(...sent.map((job): Job => ({ ...job, state: "waiting" })));
      const wait = error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : this.wait();
      this.timer = setTimeout(() => void this.flush(), wait);
      return false;
    }
  }

  private wait(): number {
    this.failures += 1;
    return RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1] ?? 15_000;
  }

  private put(...jobs: Job[]): void {
    const byId = new Map(this.jobs.peek().map((job) => [job.id, job]));
    for (const job of jobs) {
      byId.set(job.id, job);
      this.write(job);
    }
    this.jobs.value = [...byId.values()].sort(byEntry);
  }

  private write(job: Job): void {
    try {
      this.store?.setItem(this.name + job.id, JSON.stringify(job));
    } catch {
      // A full or forbidden storage: the job then lives as long as the page.
    }
  }

  private erase(id: string): void {
    try {
      this.store?.removeItem(this.name + id);
    } catch {
      // As above.
    }
  }

  private read(): Job[] {
    const found: Job[] = [];
    const settled: string[] = [];
    try {
      for (let n = 0; n < (this.store?.length ?? 0); n++) {
        const key = this.store?.key(n) ?? "";
        if (!key.startsWith(this.name)) continue;
        const job = JSON.parse(this.store?.getItem(key) ?? "") as Job;
        if (job.state === "stored" && this.now() - job.at > STORED_MS) {
          settled.push(job.id);
          continue;
        }
        // Whether what was being sent arrived is not known: it is sent again, as the same.
        found.push(job.state === "sending" ? { ...job, state: "waiting" } : job);
      }
    } catch {
      // What cannot be read is left where it is.
    }
    for (const id of settled) this.erase(id);
    return found.sort(byEntry);
  }
}

function byEntry(a: Job, b: Job): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}

/** Whether another try would come to the same. */
function isFinal(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    error.status >= 400 &&
    error.status < 500 &&
    error.status !== 401 &&
    error.status !== 408 &&
    error.status !== 429
  );
}
