import { type Signal, signal } from "@preact/signals";
import { api } from "../../net/rest";
import type { Places } from "../../sports/shared/scoring/actions";
import type { Watch } from "../../sports/shared/scoring/watch";
import { Queue } from "./queue";

/** Places that are kept for what is undone: of cricket some six overs, 0.3 kB each. */
const PLACES_BOUND = 40;

/** What the scorer of one match has on this device alone; it outlives a reload. */
export interface Book {
  queue: Queue;
  watch: Signal<Watch | null>;
  places: Signal<Record<string, Places>>;
  setWatch: (watch: Watch) => void;
  setPlaces: (after: string, places: Places) => void;
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
  const [watchKey, placesKey] = [`touchline.watch.${name}`, `touchline.crease.${name}`];
  const watch = signal(read<Watch>(watchKey));
  const places = signal(read<Record<string, Places>>(placesKey) ?? {});
  const door = {
    ingest: (ops: Parameters<typeof api.enterEvents>[1]) => api.enterEvents(matchId, ops),
    withdraw: (eventId: string, provider: string, reason: string) =>
      api.withdrawEvent(matchId, { eventId, provider }, reason),
  };
  const book: Book = {
    queue: new Queue(`touchline.entry.${name}.`, door, storage(), Date.now, () => navigator.onLine),
    watch,
    places,
    setWatch: (next) => {
      watch.value = next;
      write(watchKey, next);
    },
    setPlaces: (after, put) => {
      const { [after]: _, ...others } = places.peek();
      const kept = [...Object.entries(others), [after, put] as const].slice(-PLACES_BOUND);
      places.value = Object.fromEntries(kept);
      write(placesKey, places.value);
    },
  };
  books.set(name, book);
  return book;
}
