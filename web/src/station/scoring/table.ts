/**
 * The scorer's table between two entries: which question is open, what waits for its answer, where the next entry goes.
 * A pure reducer; `useEntries` feeds it and does what follows. What was entered is not here but in the book.
 */
import type { Missing } from "../../sports/scoring";
import type { Action } from "../../sports/shared/scoring/actions";
import type { Entry } from "../../sports/shared/scoring/entry";
import type { Line } from "./lines";

export type TableDialog = "help" | "lineups" | "details";

export interface TableState {
  /** The action whose questions are open. */
  asked: Action | null;
  /** The id of an action that was pressed while somebody was missing; it is entered as soon as nobody is. */
  waiting: string | null;
  /** The gap that was asked for unasked last: each is, once. */
  askedFor: string | null;
  /** Whether something was entered since the page was opened and since the last undo; only then gaps are asked for. */
  entered: boolean;
  /** The event that the next entry goes after; null for the end. */
  after: Line | null;
  /** Words for the next entry. */
  pinned: string;
  /** The event that is put right. */
  editing: Line | null;
  dialog: TableDialog | null;
  /** What a screen reader hears. */
  said: string;
}

export type TableEvent =
  | { type: "ask"; action: Action; waiting?: string }
  | { type: "gap"; missing: Missing }
  | { type: "answered" }
  | { type: "closed" }
  | { type: "released" }
  | { type: "entered"; said: string | null; withWords: boolean; inserted: boolean }
  | { type: "undone"; said: string }
  | { type: "insert"; after: Line | null }
  | { type: "pin"; words: string }
  | { type: "edit"; line: Line | null }
  | { type: "dialog"; dialog: TableDialog | null };

export const emptyTable: TableState = {
  asked: null,
  waiting: null,
  askedFor: null,
  entered: false,
  after: null,
  pinned: "",
  editing: null,
  dialog: null,
  said: "",
};

export function tableReducer(state: TableState, event: TableEvent): TableState {
  switch (event.type) {
    case "ask":
      return { ...state, asked: event.action, waiting: event.waiting ?? state.waiting };
    case "gap":
      return { ...state, asked: event.missing.action, askedFor: event.missing.key };
    case "answered":
      return { ...state, asked: null };
    case "closed":
      return { ...state, asked: null, waiting: null };
    case "released":
      return { ...state, waiting: null };
    case "entered":
      return {
        ...state,
        entered: true,
        said: event.said ?? state.said,
        pinned: event.withWords ? "" : state.pinned,
        after: event.inserted ? null : state.after,
      };
    case "undone":
      return { ...state, entered: false, said: event.said };
    case "insert":
      return { ...state, after: event.after };
    case "pin":
      return { ...state, pinned: event.words };
    case "edit":
      return { ...state, editing: event.line };
    case "dialog":
      return { ...state, dialog: event.dialog };
  }
}

/** What has to be asked before an action is entered; null where it is entered as it is. */
export function questionOf(
  { after }: Pick<TableState, "after">,
  action: Action,
  missing: Missing | null,
): Extract<TableEvent, { type: "ask" }> | null {
  // What is put further back is of players that were named then.
  if (missing?.holds(action) && after === null)
    return { type: "ask", action: missing.action, waiting: action.id };
  return (action.steps?.({}) ?? []).length === 0 ? null : { type: "ask", action };
}

/** Whether a gap is to be asked for now, although nobody pressed anything. */
export function asksFor({ asked, askedFor, entered }: TableState, missing: Missing | null): boolean {
  return missing !== null && missing.key !== askedFor && asked === null && entered;
}

/** The action that waited and can be entered now. */
export function released(
  { asked, waiting }: TableState,
  actions: readonly Action[],
  missing: Missing | null,
): Action | undefined {
  if (asked !== null || waiting === null || missing !== null) return undefined;
  return actions.find(({ id }) => id === waiting);
}

/** Entries with words said beside the first of them. */
export function withWords(entries: readonly Entry[], words: string): readonly Entry[] {
  const [first, ...others] = entries;
  if (words === "" || first === undefined) return entries;
  return [{ ...first, text: first.text ? `${first.text}. ${words}` : words }, ...others];
}
