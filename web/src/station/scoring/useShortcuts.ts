import { started, stopped } from "../../sports/shared/scoring/watch";
import { actionOf, keysOn, useKeys } from "./keys";
import type { Entries } from "./useEntries";
import { type Scorebook, serverNow } from "./useScorebook";

/**
 * The keys of the scorer's table: one for each action, the space bar for the watch, and some of its own.
 *
 * @param focusWords puts the cursor where commentary is written
 */
export function useShortcuts(
  { timing, watch, book, actions }: Scorebook,
  { press, undo, dispatch }: Entries,
  focusWords: () => void,
): void {
  useKeys((event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey) {
      if (!event.repeat) undo();
      return true;
    }
    if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return false;
    if (event.key === "?") dispatch({ type: "dialog", dialog: "help" });
    else if (event.key === "/") focusWords();
    else if (event.key === " " && timing !== null)
      book.setWatch(watch.since === null ? started(watch, serverNow()) : stopped(watch, serverNow()));
    else {
      const action = actionOf(actions, event);
      if (action === undefined) return false;
      press(action);
    }
    return true;
  });
}
