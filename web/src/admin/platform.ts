import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type EventError, on, request, whenConnected } from "../net/socket";
import { emptyOverview, overviewReducer } from "../state/overview";

/** The platform as the server tells it each second, on whichever page the admin is. */
export const overview = signal(emptyOverview);

/** Why the server does not tell it. */
export const problem = signal<string | null>(null);

export function usePlatform(): void {
  useEffect(() => {
    const apply = (next: Parameters<typeof overviewReducer>[1]) => {
      overview.value = overviewReducer(overview.peek(), next);
    };
    const ends = [
      on("admin:overview", apply),
      whenConnected(() =>
        request("admin:join", {} as never).then(apply, (error: EventError) => {
          if (error.code !== "unavailable") problem.value = error.message;
          return error.code !== "unavailable";
        }),
      ),
    ];
    return () => {
      for (const end of ends) end();
      overview.value = emptyOverview;
      problem.value = null;
    };
  }, []);
}
