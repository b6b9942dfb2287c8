/** Toss, innings and the end of a match of cricket. Pure. */
import {
  type Action,
  type Answers,
  type Desk,
  person,
  sideOptions,
  text,
} from "../../shared/scoring/actions";
import { opponentOf, sideOf, sidesOf } from "../../shared/scoring/entry";
import { type CricketState, inningsDue, inningsOver } from "./state";

export function phaseActions(desk: Desk, state: CricketState): Action[] {
  const { present } = state;
  const due = inningsDue(desk.config);
  if (desk.progress.stage === "over") return [];
  const actions: Action[] = [];
  if (state.innings.length === 0 && state.toss === null) actions.push(tossAction(desk));
  if (present === null || present.ended) {
    const next = (present?.number ?? 0) + 1;
    const tied = next > due && isTied(state);
    // A super over is one of each side.
    const half = state.innings.filter(({ type }) => type === "super_over").length % 2 === 1;
    if (next <= due || tied || half) actions.push(startAction(desk, state, next));
    if (next > 1)
      actions.push({
        id: "match-end",
        label: "End of the match",
        key: next > due && !tied && !half ? "n" : "e",
        tone: next > due && !half ? "main" : "plain",
        steps: () =>
          tied
            ? [
                {
                  kind: "choice",
                  name: "winner",
                  title: "The scores are level. Who wins?",
                  options: [{ value: "", label: "Nobody: a tie", key: "t" }, ...sideOptions(desk.match)],
                },
              ]
            : [],
        entries: ({ winner }) => [
          {
            type: "match_end",
            period: Math.max(1, next - 1),
            detail: text(winner) ? { outcome: { winnerId: text(winner) } } : {},
            text: "End of the match",
          },
        ],
      });
    return actions;
  }
  const finished = inningsOver(state, desk.config) !== null;
  const end = (id: string, label: string, key: string, declared: boolean): Action => ({
    id,
    label,
    key,
    tone: finished && !declared ? "main" : "plain",
    entries: () => [
      {
        type: "period_end",
        period: present.number,
        side: present.batting,
        detail: declared ? { declared: true } : {},
        text: `${sideOf(desk.match, present.batting).name} ${declared ? "declare" : "finish"} on ${present.runs}/${present.wickets}`,
      },
    ],
  });
  actions.push(end("end-innings", "End of innings", "e", false));
  if (!desk.config.overs && !finished) actions.push(end("declare", "Declare", "x", true));
  return actions;
}

function isTied({ innings }: CricketState): boolean {
  const runs = new Map<string, number>();
  const overs = innings.filter(({ type }) => type === "super_over");
  for (const one of overs.length > 0 ? overs.slice(-2) : innings)
    runs.set(one.batting, (runs.get(one.batting) ?? 0) + one.runs);
  const [a, b] = [...runs.values()];
  return a !== undefined && a === b;
}

function tossAction(desk: Desk): Action {
  return {
    id: "toss",
    label: "Toss",
    key: "t",
    tone: "main",
    steps: () => [
      {
        kind: "choice",
        name: "winner",
        title: "Who won the toss?",
        options: sideOptions(desk.match),
      },
      {
        kind: "choice",
        name: "chose",
        title: "And chose to?",
        options: [
          { value: "bat", label: "Bat", key: "b" },
          { value: "field", label: "Field", key: "f" },
        ],
      },
    ],
    entries: ({ winner, chose }) => [
      {
        type: "toss",
        period: 0,
        side: text(winner),
        detail: { decision: text(chose) },
        text: `${sideOf(desk.match, text(winner)).name} won the toss and chose to ${text(chose)}`,
      },
    ],
  };
}

/** Whose turn it is to bat: as the toss says, then the other side; a super over is begun by who batted last. */
function battingNext(desk: Desk, state: CricketState, number: number): string {
  const toss = desk.events.find(({ type }) => type === "toss");
  const last = state.innings.at(-1);
  if (last !== undefined)
    return number === inningsDue(desk.config) + 1 ? last.batting : opponentOf(desk.match, last.batting).id;
  const winner = toss?.competitorId ?? sidesOf(desk.match)[0].id;
  return toss?.detail.decision === "field" ? opponentOf(desk.match, winner).id : winner;
}

function startAction(desk: Desk, state: CricketState, number: number): Action {
  const superOver = number > inningsDue(desk.config);
  const turn = battingNext(desk, state, number);
  const other = opponentOf(desk.match, turn);
  const batting = (answers: Answers) => text(answers.batting) || turn;
  return {
    id: `start-${number}`,
    label: superOver ? "Super over" : number === 1 ? "Start of play" : "Next innings",
    key: "n",
    tone: "main",
    steps: (answers) => [
      {
        kind: "choice",
        name: "batting",
        title: "Who bats?",
        options: [
          { value: turn, label: sideOf(desk.match, turn).name, key: "1" },
          { value: other.id, label: other.name, key: "2" },
        ],
      },
      { kind: "player", name: "striker", title: "Who faces the first ball?", side: batting(answers) },
      {
        kind: "player",
        name: "nonStriker",
        title: "Who is at the other end?",
        side: batting(answers),
        without: [person(answers.striker)?.id ?? ""],
      },
      {
        kind: "player",
        name: "bowler",
        title: "Who bowls?",
        side: opponentOf(desk.match, batting(answers)).id,
      },
    ],
    entries: (answers) => [
      {
        type: "period_start",
        period: number,
        side: batting(answers),
        detail: { type: superOver ? "super_over" : "innings", battingId: batting(answers) },
        text: `${sideOf(desk.match, batting(answers)).name} begin their ${superOver ? "super over" : "innings"}`,
      },
    ],
    places: (answers) => ({
      striker: person(answers.striker) ?? undefined,
      nonStriker: person(answers.nonStriker) ?? undefined,
      bowler: person(answers.bowler) ?? undefined,
    }),
  };
}
