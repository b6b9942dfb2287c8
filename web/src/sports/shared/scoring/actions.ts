/** The words in which a sport's pad says what a scorer can enter. Pure; the scorer's page draws and asks them. */
import type { Match, MatchEvent, NewEventClock } from "../../../contracts/generated";
import { type Entry, type Person, type Progress, sidesOf } from "./entry";

export interface Option {
  value: string;
  label: string;
  /** Chooses it by one key. */
  key?: string;
}

/** What is asked before an entry is made, one after another; Enter takes the first that is shown. */
export type Step =
  | {
      kind: "player";
      name: string;
      title: string;
      /** Whose players. */
      side: string;
      /** It may be left out. */
      optional?: boolean;
      /** Ids of those who cannot be meant. */
      without?: readonly string[];
      /** Ids of those who are shown alone. */
      among?: readonly string[];
    }
  | { kind: "choice"; name: string; title: string; options: readonly Option[] }
  | { kind: "text"; name: string; title: string; label: string; placeholder?: string; pattern?: string };

export interface Answers {
  readonly [name: string]: string | Person | null | undefined;
}

/** One thing a scorer can enter: a button and a key. */
export interface Action {
  id: string;
  label: string;
  /** A letter, a digit or a sign; with `shift` it is held. */
  key?: string;
  shift?: boolean;
  /** Whose column it stands in. */
  side?: string;
  tone?: "main" | "score" | "warn" | "plain";
  /** The one that is pressed most, over the whole width. */
  big?: boolean;
  /** One of three that belong together in a row, where there is little room. */
  third?: boolean;
  steps?: (answers: Answers) => readonly Step[];
  /** What is entered; none where only `places` change. */
  entries: (answers: Answers) => readonly Entry[];
  /** Who stands where after it. */
  places?: (answers: Answers) => Places;
}

/** Who stands where, as the scorer says it beside the events: of cricket the batters and the bowler. */
export type Places = Readonly<Record<string, Person | undefined>>;

export interface Group {
  title: string;
  actions: readonly Action[];
}

/** What a sport's pad is made from. `events`: what stands, in the order of play. */
export interface Desk {
  match: Match;
  config: Record<string, unknown>;
  events: readonly MatchEvent[];
  progress: Progress;
  /** Who was put where by hand, by the id of the event after which it holds. */
  places: Readonly<Record<string, Places>>;
  /** The clock of an entry of now, by the scorer's watch. */
  clock: () => NewEventClock | undefined;
}

export function person(answer: string | Person | null | undefined): Person | null {
  return typeof answer === "object" ? (answer ?? null) : null;
}

export function text(answer: string | Person | null | undefined): string {
  return typeof answer === "string" ? answer : "";
}

/** `Ann Abbot`, or words for nobody in particular. */
export function named(answer: string | Person | null | undefined, otherwise: string): string {
  return person(answer)?.name ?? otherwise;
}

/** The two sides to choose from, each by a key. */
export function sideOptions(match: Match, keys: readonly [string, string] = ["1", "2"]): Option[] {
  return sidesOf(match).map(({ id, name }, index) => ({ value: id, label: name, key: keys[index] ?? "" }));
}

/** Stops and goes on; the same in every sport. */
export function statusActions({ progress }: Desk): Action[] {
  if (progress.stage === "over") return [];
  const statuses: Option[] = progress.stopped
    ? [{ value: "live", label: "Play goes on", key: "g" }]
    : [{ value: "interrupted", label: "Interrupted", key: "i" }];
  return [
    {
      id: "status",
      label: progress.stopped ? "Resume" : "Interruption",
      key: "i",
      steps: () => [
        {
          kind: "choice",
          name: "status",
          title: "What happens?",
          options: [
            ...statuses,
            { value: "suspended", label: "Suspended to another time", key: "s" },
            { value: "abandoned", label: "Abandoned for good", key: "a" },
          ],
        },
        { kind: "text", name: "why", title: "Why?", label: "What people read", placeholder: "Rain" },
      ],
      entries: (answers) => [
        {
          type: "status",
          period: progress.period,
          detail: { status: text(answers.status), ...(text(answers.why) ? { text: text(answers.why) } : {}) },
          text: STATUS_TEXT[text(answers.status)] + (text(answers.why) ? `: ${text(answers.why)}` : ""),
        },
      ],
    },
  ];
}

const STATUS_TEXT: Record<string, string> = {
  live: "Play goes on",
  interrupted: "Play is interrupted",
  suspended: "The match is suspended",
  abandoned: "The match is abandoned",
};
