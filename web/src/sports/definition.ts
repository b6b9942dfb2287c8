/**
 * What the pages have to know of a sport. Types only: each sport's folder fills one `SportDefinition`, the registry in
 * `index.ts` lists them, and everything outside this folder asks the registry instead of comparing a sport's name.
 */
import type { ComponentType, JSX } from "preact";
import type { Competitor, Match, MatchEvent, MatchPeriod, TimelineEvent } from "../contracts/generated";
import type { SportForm } from "./form";
import type { SportScoring } from "./scoring";
import type { Mark, Marked } from "./shared/marks";

/** The sports of the server's contract. */
export type Sport = Match["sport"];

/** What a board is drawn from. */
export interface BoardProps {
  match: Match;
  /** Newest first. */
  events: readonly MatchEvent[];
  /** Beside the sound: what is short. */
  compact: boolean;
}

/** The words of a sport. `shared/words.ts` has those that most sports share. */
export interface SportWords {
  /** What stands for a running match: `67'`, `49.3 ov`. `display`: the clock as the server writes it. */
  clock: (display: string) => string;
  /** What stands for a match that is over: `Full time`, `Result`, `Final`. */
  over: (match: Match) => string;
  /** The sentence below the score while it is played; null where there is none. */
  liveSentence: (match: Match) => string | null;
  /** What a screen reader hears of the score. */
  spokenScore: (match: Match) => string;
  /** A corrected score, `2-1 → 1-1`; `from` and `to` are displays by competitor id. */
  changeText: (match: Match, from: Record<string, string>, to: Record<string, string>) => string;
  /** A period's short name, for the head of a column. */
  periodName: (match: Match, period: MatchPeriod) => string;
  /** The same as a heading of the commentary. */
  periodHeading: (match: Match, period: MatchPeriod) => string;
  /** An event's clock without the period that a heading names already. */
  clockInPeriod: (display: string) => string;
  /** A score that stands beside a line of commentary in place of the clock; null where the clock does. */
  scoreBeside: (match: Match, event: Marked) => string | null;
  /** Whether the score alone says who has won, so that a list needs no sentence. */
  scoreSaysResult: boolean;
}

/** A view of the match page: its tab, and its content, whose code is loaded when it is opened. */
export interface SportView {
  name: string;
  View: ComponentType<{ match: Match }>;
}

export interface SportDefinition {
  /** Its name in lists and tabs. */
  name: string;
  /** Drawn as the shapes of `design/Icon` are. */
  icon: JSX.Element;
  words: SportWords;
  /** How an event of this sport is marked; null for those of any sport, and for what has no mark. */
  markOf: (event: Marked) => Mark | null;
  /** Whether charts and lists of scorers are drawn from an event; as the server's timeline has it. */
  isCharted: (event: Pick<TimelineEvent, "type" | "detail">) => boolean;
  Board: ComponentType<BoardProps>;
  /** Where the sentence below the score stands: `leading` where it belongs to the side that is at play. */
  boardSentence: "centred" | "leading";
  /** The score of one side in a row of a list. */
  RowScore: ComponentType<{ match: Match; side: Competitor }>;
  statistics: SportView;
  chart: SportView;
  Lineups: ComponentType<{ match: Match }>;
  form: SportForm;
  /** What the scorer's page needs; its code comes when it is asked for. */
  scoring: () => Promise<SportScoring>;
}
