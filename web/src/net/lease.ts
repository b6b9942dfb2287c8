/** What a lease needs of the page that it is in. */
export interface Surroundings {
  /** Shared by all tabs. It may throw: private windows can refuse storage. */
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  now: () => number;
  /** Resolves after so many milliseconds, or as soon as another tab has written to the storage. */
  pause: (ms: number) => Promise<void>;
  /** This tab, unlike any other. */
  tab: string;
}

interface Lease {
  tab: string;
  until: number;
}

/** Longer than the work takes with all its tries: a tab that was closed meanwhile holds nobody up for longer. */
const LEASE_MS = 25_000;
/** Two tabs may write at the same moment: the last one has it, and after this both see which. */
const SETTLE_MS = 60;
const LOOK_AGAIN_MS = 250;
/** After this a tab goes ahead without: the server gives tabs that ask at once the same answer. */
const PATIENCE_MS = 10_000;

/** Do something in one tab at a time, where there are no Web Locks (they exist in secure contexts only). */
export async function leased<T>(key: string, around: Surroundings, work: () => Promise<T>): Promise<T> {
  const { storage, now, pause, tab } = around;
  const holder = (): Lease | null => {
    try {
      return JSON.parse(storage.getItem(key) ?? "null") as Lease | null;
    } catch {
      return null;
    }
  };
  const begun = now();
  try {
    while (now() - begun < PATIENCE_MS) {
      const held = holder();
      if (held !== null && held.tab !== tab && held.until > now() && held.until <= now() + LEASE_MS) {
        await pause(LOOK_AGAIN_MS);
        continue;
      }
      storage.setItem(key, JSON.stringify({ tab, until: now() + LEASE_MS } satisfies Lease));
      await pause(SETTLE_MS);
      if (holder()?.tab === tab) break;
    }
  } catch {
    // No storage, so no other tab has this session.
  }
  try {
    return await work();
  } finally {
    if (holder()?.tab === tab) storage.removeItem(key);
  }
}
