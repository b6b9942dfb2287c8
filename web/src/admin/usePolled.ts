import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** Between two questions while the page is in sight. */
const EVERY_MS = 3_000;

export interface Polled<T> {
  value: T | null;
  /** Why the newest question had no answer; what was known stays. */
  failure: Error | null;
  reload: () => void;
}

/** Ask now, again and again, and anew when `key` changes; answers to an older question are dropped. */
export function usePolled<T>(ask: () => Promise<T>, key: string): Polled<T> {
  const [state, setState] = useState<{ key: string; value: T | null; failure: Error | null }>({
    key,
    value: null,
    failure: null,
  });
  const latest = useRef(ask);
  latest.current = ask;
  const turn = useRef(0);
  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    latest.current().then(
      (value) => mine === turn.current && setState({ key, value, failure: null }),
      (failure: unknown) =>
        mine === turn.current &&
        setState((known) => ({
          key,
          value: known.key === key ? known.value : null,
          failure: failure instanceof Error ? failure : new Error("Something went wrong."),
        })),
    );
  }, [key]);
  useEffect(() => {
    reload();
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), EVERY_MS);
    return () => {
      clearInterval(timer);
      turn.current += 1;
    };
  }, [reload]);
  return state.key === key
    ? { value: state.value, failure: state.failure, reload }
    : { value: null, failure: null, reload };
}
