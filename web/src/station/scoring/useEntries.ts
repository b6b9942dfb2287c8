import { useEffect, useReducer } from "preact/hooks";
import { notify } from "../../design/Toast";
import { tell } from "../../features/match/format";
import type { Action, Answers } from "../../sports/shared/scoring/actions";
import type { Entry } from "../../sports/shared/scoring/entry";
import { begun, stopped } from "../../sports/shared/scoring/watch";
import { opsOf } from "./entry";
import { inserted } from "./insertion";
import { lastEntered } from "./lines";
import { QUEUE_BOUND } from "./queue";
import {
  asksFor,
  emptyTable,
  questionOf,
  released,
  type TableEvent,
  type TableState,
  tableReducer,
  withWords,
} from "./table";
import { type Scorebook, serverNow } from "./useScorebook";

const UNDO_REASON = "Entered by mistake";

export interface Entries {
  state: TableState;
  dispatch: (event: TableEvent) => void;
  press: (action: Action) => void;
  /** Presses an action by its id, where it can be entered now. */
  pressId: (id: string) => void;
  answer: (answers: Answers) => void;
  /** Words by themselves. */
  comment: (text: string) => void;
  undo: () => void;
}

/** Takes what is pressed and answered, asks what has to be known, and enters it into the book. */
export function useEntries(scorebook: Scorebook): Entries {
  const { match, scoring, book, lines, desk, actions, missing } = scorebook;
  const [state, dispatch] = useReducer(tableReducer, emptyTable);

  const enter = (action: Action, answers: Answers) => {
    const now = serverNow();
    const entries = withWords(action.entries(answers), state.pinned);
    const all = lines.map(({ event }) => event);
    const ops = opsOf(entries, all, now);
    const moved = state.after === null ? ops : inserted(ops, state.after, lines);
    if (moved === null) {
      notify("There is no room between these two events. Correct one of them instead.");
      return;
    }
    if (!book.queue.add(moved)) {
      notify(`${QUEUE_BOUND} entries wait already. Wait until they are stored, and enter it again.`);
      return;
    }
    if (action.places !== undefined) {
      const anchor = moved.at(-1)?.eventId ?? scoring.anchorOf?.(desk) ?? null;
      if (anchor !== null) book.setPlaces(anchor, action.places(answers));
    }
    if (state.after === null) keepTime(scorebook, entries, now);
    dispatch({
      type: "entered",
      said: entries.length === 0 ? null : `Entered: ${entries.map(({ text }) => text).join(", ")}`,
      withWords: entries.length > 0,
      inserted: entries.length > 0,
    });
  };
  const press = (action: Action) => {
    const question = questionOf(state, action, missing);
    if (question === null) enter(action, {});
    else dispatch(question);
  };

  // After a wicket and an over somebody has to be named before the next ball: ask at once, and once.
  useEffect(() => {
    if (missing !== null && asksFor(state, missing)) dispatch({ type: "gap", missing });
  });
  useEffect(() => {
    const wanted = released(state, actions, missing);
    if (wanted === undefined) return;
    dispatch({ type: "released" });
    press(wanted);
  });

  return {
    state,
    dispatch,
    press,
    pressId: (id) => {
      const action = actions.find((one) => one.id === id);
      if (action !== undefined) press(action);
    },
    answer: (answers) => {
      if (state.asked === null) return;
      dispatch({ type: "answered" });
      enter(state.asked, answers);
    },
    comment: (text) => {
      const clock = desk.clock() ?? scoring.wordsClock?.(match);
      const entries = () => [{ type: "commentary", period: desk.progress.period, clock, text }];
      enter({ id: "commentary", label: "", entries }, {});
    },
    undo: () => {
      const last = lastEntered(lines);
      if (last === undefined) {
        notify("There is nothing of yours to undo.");
        return;
      }
      const said = `Undone: ${tell(match.sport, last.event, navigator.languages)}`;
      book.queue.withdraw(last.event.eventId, last.event.provider, UNDO_REASON);
      notify(said);
      dispatch({ type: "undone", said });
    },
  };
}

/** Starts and stops the watch with the periods that are entered. */
function keepTime({ timing, watch, book }: Scorebook, entries: readonly Entry[], now: number): void {
  if (timing === null) return;
  for (const { type, period } of entries) {
    if (type === "period_start") book.setWatch(begun(period, timing, now));
    else if (type === "period_end" || type === "match_end") book.setWatch(stopped(watch, now));
  }
}
