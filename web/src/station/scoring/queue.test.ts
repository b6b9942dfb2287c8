import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventOp, IngestResult, SameAs } from "../../contracts/generated";
import { ApiError } from "../../net/rest";
import { opsOf } from "./entry";
import { isShown, linesOf, standing } from "./lines";
import { type Door, QUEUE_BOUND, Queue } from "./queue";

vi.mock("../../net/rest", () => ({
  ApiError: class extends Error {
    constructor(
      readonly status: number,
      readonly code: string,
      message: string,
      readonly retryAfter?: number,
    ) {
      super(message);
    }
  },
}));

/** A browser's storage, and a server that keeps what it was sent, as the real one does. */
class World implements Door {
  items = new Map<string, string>();
  stored = new Map<string, EventOp>();
  withdrawn: string[] = [];
  requests: string[][] = [];
  /** What somebody else has just entered, by type. */
  others = new Map<string, SameAs>();
  trouble: ((turn: number) => Error | "lost" | null) | null = null;

  get store() {
    const { items } = this;
    return {
      get length() {
        return items.size;
      },
      key: (n: number) => [...items.keys()][n] ?? null,
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    };
  }

  ingest = async (ops: EventOp[]): Promise<IngestResult> => {
    this.requests.push(ops.map(({ type }) => type));
    const trouble = this.trouble?.(this.requests.length) ?? null;
    if (trouble instanceof Error) throw trouble;
    const items = ops.map((op) => {
      const known = this.stored.has(op.eventId);
      const sameAs = known || op.another ? undefined : this.others.get(op.type);
      const refused = op.type === "nonsense" || sameAs !== undefined;
      if (!refused) this.stored.set(op.eventId, op);
      return {
        eventId: op.eventId,
        revision: 0,
        result: refused ? ("rejected" as const) : known ? ("duplicate" as const) : ("applied" as const),
        ...(refused ? { error: "No such thing." } : {}),
        ...(sameAs === undefined ? {} : { sameAs }),
      };
    });
    if (trouble === "lost") throw new ApiError(0, "network", "lost");
    return { items, seq: 0, version: 0 };
  };

  withdraw = async (eventId: string): Promise<unknown> => {
    this.requests.push([`withdraw ${this.stored.get(eventId)?.type}`]);
    const trouble = this.trouble?.(this.requests.length) ?? null;
    if (trouble instanceof Error) throw trouble;
    if (!this.stored.has(eventId)) throw new ApiError(404, "not_found", "There is no such event.");
    this.withdrawn.push(eventId);
    return null;
  };

  queue(): Queue {
    return new Queue("q.", this, this.store);
  }
}

const away = () => new ApiError(0, "network", "The server cannot be reached.");

function entry(type: string): EventOp {
  const [op] = opsOf([{ type, period: 1 }], [], Date.now());
  if (op === undefined) throw new Error("no op");
  vi.advanceTimersByTime(1);
  return op;
}

const states = (queue: Queue) => queue.jobs.value.map(({ state }) => state);

describe("the queue of entries", () => {
  let world: World;
  beforeEach(() => {
    vi.useFakeTimers();
    world = new World();
  });
  afterEach(() => vi.useRealTimers());

  it("sends in the order of entry and forgets what the match shows", async () => {
    const queue = world.queue();
    queue.add([entry("goal")]);
    queue.add([entry("card"), entry("corner")]);
    await vi.runAllTimersAsync();
    expect(world.requests).toEqual([["goal"], ["card", "corner"]]);
    expect(states(queue)).toEqual(["stored", "stored", "stored"]);
    const events = linesOf([], queue.jobs.value, "m").map(({ event }) => event);
    queue.settle(isShown(events.slice(0, 2)));
    expect(queue.jobs.value.map((job) => job.kind === "add" && job.op.type)).toEqual(["corner"]);
    queue.settle(isShown(events));
    expect(world.items.size).toBe(0);
  });

  it("keeps everything through an outage and a reload, and doubles nothing", async () => {
    world.trouble = (turn) => (turn === 1 ? "lost" : turn < 4 ? away() : null);
    const first = world.queue();
    first.add([entry("goal")]); // It arrives, and its answer does not.
    await vi.advanceTimersByTimeAsync(10);
    first.add([entry("card")]);
    first.add([entry("corner")]);
    await vi.advanceTimersByTimeAsync(10);
    expect(states(first)).toEqual(["waiting", "waiting", "waiting"]);
    first.stop();
    const second = world.queue(); // As after a reload.
    expect(second.jobs.value.map((job) => job.kind === "add" && job.op.type)).toEqual([
      "goal",
      "card",
      "corner",
    ]);
    void second.flush();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([...world.stored.values()].map(({ type }) => type)).toEqual(["goal", "card", "corner"]);
    expect(states(second)).toEqual(["stored", "stored", "stored"]);
  });

  it("sends in several requests what has piled up", async () => {
    world.trouble = (turn) => (turn === 1 ? away() : null);
    const queue = world.queue();
    for (let n = 0; n < 120; n++) queue.add([entry(`e${n}`)]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.requests.slice(1).map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(world.requests.slice(1).flat()).toEqual(Array.from({ length: 120 }, (_, n) => `e${n}`));
  });

  it("waits as long as the server asks for", async () => {
    world.trouble = (turn) => (turn === 1 ? new ApiError(429, "rate_limited", "Too many", 20) : null);
    const queue = world.queue();
    queue.add([entry("goal")]);
    await vi.advanceTimersByTimeAsync(19_000);
    expect(world.requests.length).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(states(queue)).toEqual(["stored"]);
  });

  it("shows what is refused and why, goes on with the others, and tries again when asked", async () => {
    const queue = world.queue();
    queue.add([entry("goal"), entry("nonsense"), entry("card")]);
    await vi.runAllTimersAsync();
    expect(states(queue)).toEqual(["stored", "failed", "stored"]);
    const [, refused] = queue.jobs.value;
    expect(refused?.error).toBe("No such thing.");
    queue.retry(refused?.id ?? "");
    await vi.runAllTimersAsync();
    expect([world.requests.at(-1), states(queue)[1]]).toEqual([["nonsense"], "failed"]);
    queue.forget(refused?.id ?? "");
    expect(states(queue)).toEqual(["stored", "stored"]);
    world.trouble = () => new ApiError(403, "forbidden", "Not your match.");
    queue.add([entry("corner")]);
    await vi.runAllTimersAsync();
    expect(queue.jobs.value.at(-1)).toMatchObject({ state: "failed", error: "Not your match." });
  });

  it("undoes what was never sent without a word, and the rest as a withdrawal, in order", async () => {
    world.trouble = (turn) => (turn === 1 ? "lost" : turn === 2 ? away() : null);
    const queue = world.queue();
    const [sent, unsent] = [entry("goal"), entry("card")];
    queue.add([sent]);
    await vi.advanceTimersByTimeAsync(10);
    queue.jobs.peek();
    queue.add([unsent]);
    const fresh = entry("corner");
    await vi.advanceTimersByTimeAsync(10);
    queue.add([fresh]);
    queue.withdraw(fresh.eventId, "hand", "x");
    queue.withdraw(sent.eventId, "hand", "x");
    expect(standing(linesOf([], queue.jobs.value, "m")).map(({ type }) => type)).toEqual(["card"]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.withdrawn).toEqual([sent.eventId]);
    expect([...world.stored.values()].map(({ type }) => type)).toEqual(["goal", "card"]);
    expect(world.requests.at(-1)).toEqual(["withdraw goal"]);
  });

  it("is done with the withdrawal of what the server does not know", async () => {
    const queue = world.queue();
    queue.withdraw("gone", "hand", "x");
    await vi.runAllTimersAsync();
    expect(queue.jobs.value).toEqual([]);
    expect(world.items.size).toBe(0);
  });

  describe("when somebody else has just entered the same", () => {
    const sameAs = { eventId: "theirs", occurredAt: 0, enteredBy: { id: "anna", displayName: "Anna" } };
    beforeEach(() => world.others.set("goal", sameAs));

    it("keeps the question through a reload, counts it for nothing, and sends what comes after it", async () => {
      const first = world.queue();
      first.add([entry("goal"), entry("card")]);
      first.add([entry("corner")]);
      await vi.runAllTimersAsync();
      expect(states(first)).toEqual(["asked", "stored", "stored"]);
      const second = world.queue(); // As after a reload.
      expect(second.jobs.value[0]).toMatchObject({ state: "asked", sameAs });
      const lines = linesOf([], second.jobs.value, "m");
      expect(lines.map(({ event }) => event.type)).toContain("goal");
      expect(standing(lines).map(({ type }) => type)).not.toContain("goal");
      await second.flush();
      expect(world.requests.flat().filter((type) => type === "goal").length).toBe(1); // It is not sent unasked.
    });

    it("stores another one, once, also when its answer is lost", async () => {
      const queue = world.queue();
      const goal = entry("goal");
      queue.add([goal]);
      await vi.runAllTimersAsync();
      world.trouble = (turn) => (turn === 2 ? "lost" : null);
      queue.another(goal.eventId);
      await vi.runAllTimersAsync();
      expect(world.requests).toEqual([["goal"], ["goal"], ["goal"]]);
      expect(states(queue)).toEqual(["stored"]);
      expect(world.stored.get(goal.eventId)?.another).toBe(true);
      queue.another(goal.eventId); // It is answered.
      await vi.runAllTimersAsync();
      expect(world.requests.length).toBe(3);
    });

    it("forgets the same one, and one that is undone, without a word to the server", async () => {
      const queue = world.queue();
      const [same, undone] = [entry("goal"), entry("goal")];
      queue.add([same, undone]);
      await vi.runAllTimersAsync();
      queue.forget(same.eventId);
      queue.withdraw(undone.eventId, "hand", "x");
      await vi.runAllTimersAsync();
      expect(queue.jobs.value).toEqual([]);
      expect([world.items.size, world.withdrawn, world.requests.length]).toEqual([0, [], 1]);
    });
  });

  it("takes no more than its bound, and loses none of those", () => {
    world.trouble = () => away();
    const queue = world.queue();
    for (let n = 0; n < QUEUE_BOUND; n++) expect(queue.add([entry("goal")])).toBe(true);
    expect(queue.add([entry("goal")])).toBe(false);
    expect(world.queue().jobs.value.length).toBe(QUEUE_BOUND);
    queue.stop();
  });

  it("lives without a storage", async () => {
    const queue = new Queue("q.", world, null);
    queue.add([entry("goal")]);
    await vi.runAllTimersAsync();
    expect(states(queue)).toEqual(["stored"]);
  });
});
