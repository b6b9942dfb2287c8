import { type Signal, signal } from "@preact/signals";
import { api } from "../../net/rest";
import type { Watch } from "./clock";
import type { Crease } from "./cricket";
import { Queue } from "./queue";

/** Creases that are kept for what is undone: some six overs, 0.3 kB each. */
const CREASE_BOUND = 40;

/** What the scorer of one match has on this device alone; it outlives a reload. */
export interface Book {
  queue: Queue;
  watch: Signal<Watch | null>;
  creases: Signal<Record<string, Crease>>;
  setWatch: (watch: Watch) => void;
  setCrease: (after: string, crease: Crease) => void;
}

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function read<T>(key: string): T | null {
  try {
    return JSON.parse(storage()?.getItem(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    storage()?.setItem(key, JSON.stringify(value));
  } catch {
    // It then lives as long as the page.
  }
}

const books = new Map<string, Book>();

/** The book of a match, one for each person who signs in on this device. */
export function bookOf(matchId: string, userId: string): Book {
  const name = `${userId}.${matchId}`;
  const known = books.get(name);
  if (known !== undefined) return known;
  const [watchKey, creaseKey] = [`touchline.watch.${name}`, `touchline.crease.${name}`];
  const watch = signal(read<Watch>(watchKey));
  const creases = signal(read<Record<string, Crease>>(creaseKey) ?? {});
  const door = {
    ingest: (ops: Parameters<typeof api.enterEvents>[1]) => api.enterEvents(matchId, ops),
    withdraw: (eventId: string, provider: string, reason: string) =>
      api.withdrawEvent(matchId, { eventId, provider }, reason),
  };
  const book: Book = {
    queue: new Queue(`touchline.entry.${name}.`, door, storage(), Date.now, () => navigator.onLine),
    watch,
    creases,
    setWatch: (next) => {
      watch.value = next;
      write(watchKey, next);
    },
    setCrease: (after, crease) => {
      const { [after]: _, ...others } = creases.peek();
      const kept = [...Object.entries(others), [after, crease] as const].slice(-CREASE_BOUND);
      creases.value = Object.fromEntries(kept);
      write(creaseKey, creases.value);
    },
  };
  books.set(name, book);
  return book;
}
