import { useEffect, useRef, useState } from "preact/hooks";
import type { Author, MatchEvent } from "../../contracts/generated";
import { api } from "../../net/rest";
import { HAND } from "./order";

/** After an event came: others mostly follow it at once, and one request is enough for them. */
const SETTLE_MS = 500;
const RETRY_MS = 30_000;

/** Who entered the events by hand, by event id. Read anew, from where it was read up to, when there are new ones. */
export function useAuthors(matchId: string, events: readonly MatchEvent[]): ReadonlyMap<string, Author> {
  const [authors, setAuthors] = useState<ReadonlyMap<string, Author>>(new Map());
  const readTo = useRef(0);
  const [failures, setFailures] = useState(0);
  const newest = events.reduce((seq, event) => (event.provider === HAND ? Math.max(seq, event.seq) : seq), 0);
  useEffect(() => {
    if (newest <= readTo.current) return;
    let gone = false;
    const read = async () => {
      const found: [string, Author][] = [];
      let after: number | undefined = readTo.current;
      while (after !== undefined) {
        const { items, next }: Awaited<ReturnType<typeof api.matchAuthors>> = await api.matchAuthors(
          matchId,
          after,
        );
        found.push(...items.map(({ eventId, enteredBy }): [string, Author] => [eventId, enteredBy]));
        after = next;
      }
      if (gone) return;
      readTo.current = newest;
      setAuthors((known) => new Map([...known, ...found]));
    };
    // Names beside the rows can wait: what is entered does not depend on them.
    const again = () => setTimeout(() => !gone && setFailures((n) => n + 1), RETRY_MS);
    const timer = setTimeout(() => void read().catch(again), SETTLE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [matchId, newest, failures]);
  return authors;
}
