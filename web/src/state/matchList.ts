import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Match } from "../contracts/generated";
import { api, type MatchFilter } from "../net/rest";
import { whenConnected } from "../net/socket";
import { matchRoom } from "./rooms";

export interface MatchList {
  /** Null until the first page is there. */
  items: readonly Match[] | null;
  /** The cursor of the next page; null when all are loaded. */
  next: string | null;
  failed: boolean;
  more: () => Promise<void>;
  again: () => void;
}

const PAGE = 40;
/** A reader who scrolls further than this looks for something, and has filters for it. */
const BOUND = 600;
/** Matches that began or were made meanwhile come with the first page, which is read again; up to twice as late. */
const REFRESH_MS = 45_000;

interface Loaded {
  key: string;
  items: readonly Match[] | null;
  next: string | null;
  failed: boolean;
}

/** The list that was left last, for whoever comes back to it from one of its matches. */
let left: Loaded | null = null;

/** The matches that are as asked for, page by page. */
export function useMatchList(filter: MatchFilter): MatchList {
  const key = JSON.stringify(filter);
  const [held, setLoaded] = useState<Loaded>(
    left?.key === key ? left : { key, items: null, next: null, failed: false },
  );
  const loaded = held.key === key ? held : { key, items: null, next: null, failed: false };
  const present = useRef(key);
  present.current = key;
  const shown = useRef(loaded);
  shown.current = loaded;
  useEffect(
    () => () => {
      left = shown.current;
    },
    [],
  );
  const busy = useRef(false);

  const first = useCallback(
    () =>
      api.matches({ ...(JSON.parse(key) as MatchFilter), limit: PAGE }).then(
        (page) => {
          if (present.current !== key) return;
          setLoaded((known) => {
            const same = known.key === key && known.items !== null;
            return {
              key,
              items: same ? merged(known.items ?? [], page.items) : page.items,
              next: same ? known.next : (page.next ?? null),
              failed: false,
            };
          });
        },
        () => {
          if (present.current === key)
            setLoaded((known) => ({
              ...(known.key === key ? known : { key, items: null, next: null }),
              failed: true,
            }));
        },
      ),
    [key],
  );

  useEffect(() => {
    const end = whenConnected(() => void first());
    // Whoever has no connection may still have the server's REST door, or a reason why not.
    void first();
    let timer: ReturnType<typeof setTimeout>;
    const later = () => {
      timer = setTimeout(
        () => {
          if (document.visibilityState === "visible") void first();
          later();
        },
        REFRESH_MS * (1 + Math.random()),
      );
    };
    later();
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [first]);

  const more = useCallback(async () => {
    if (busy.current || loaded.next === null) return;
    busy.current = true;
    try {
      const page = await api.matches({
        ...(JSON.parse(key) as MatchFilter),
        limit: PAGE,
        before: loaded.next,
      });
      setLoaded((known) => {
        if (known.key !== key) return known;
        const items = merged(known.items ?? [], page.items);
        return { ...known, items, next: items.length >= BOUND ? null : (page.next ?? null) };
      });
    } finally {
      busy.current = false;
    }
  }, [key, loaded.next]);

  return { ...loaded, failed: loaded.failed && loaded.items === null, more, again: () => void first() };
}

/** A match that moved between two pages is on both: the newer state counts. */
function merged(known: readonly Match[], more: readonly Match[]): readonly Match[] {
  const byId = new Map(known.map((match) => [match.id, match]));
  for (const match of more) {
    const old = byId.get(match.id);
    if (old === undefined || match.version >= old.version) byId.set(match.id, match);
  }
  return [...byId.values()];
}

/** Rows that are followed at a time: what is in view on a large screen. Each is a room, with what is told in it. */
const FOLLOWED = 16;
/** Rows that are scrolled past are not joined. */
const DWELL_MS = 400;

let followed = 0;

/** A match of a list, live while its row is in view: its room is joined then, and left when it is scrolled away. */
export function useFollowed(known: Match, inView: boolean): { match: Match; deleted: boolean } {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!inView) return;
    let release: (() => void) | null = null;
    const timer = setTimeout(() => {
      if (followed >= FOLLOWED) return;
      followed += 1;
      const leave = matchRoom(known.id).hold();
      release = () => {
        followed -= 1;
        leave();
      };
      setHeld(true);
    }, DWELL_MS);
    return () => {
      clearTimeout(timer);
      release?.();
      setHeld(false);
    };
  }, [known.id, inView]);
  const state = held ? matchRoom(known.id).state.value : null;
  const live = state?.match ?? null;
  const newer = live !== null && live.version >= known.version ? live : known;
  return { match: newer, deleted: state?.deleted ?? false };
}
