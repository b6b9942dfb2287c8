import type { EventPlayer, TimelineEvent } from "../../contracts/generated";
import type { Marks } from "../shared/Lineups";

/** Who scored for a side, and when: `59' (pen)`; `own` where the other side put it in. */
export interface Scorer {
  name: string;
  goals: string[];
}

export function playerOf(event: TimelineEvent, ...roles: string[]): EventPlayer | undefined {
  return event.players.find((player) => roles.includes(player.role));
}

function nameOf(event: TimelineEvent, ...roles: string[]): string | undefined {
  const player = playerOf(event, ...roles);
  return player?.name ?? player?.id;
}

function minuteOf(event: TimelineEvent): string {
  return event.clock?.display ?? "";
}

/** The goals of one side, by scorer in the order of their first goal. */
export function scorersOf(events: readonly TimelineEvent[], sideId: string): Scorer[] {
  const found = new Map<string, Scorer>();
  for (const event of events) {
    if (event.type !== "goal" || event.competitorId !== sideId) continue;
    const own = event.detail.ownGoal === true;
    const name = nameOf(event, "scorer", "own_goal") ?? "Goal";
    const how = own ? " (own goal)" : event.detail.penalty === true ? " (pen)" : "";
    const key = `${name} ${own}`;
    const scorer = found.get(key) ?? { name, goals: [] };
    scorer.goals.push(`${minuteOf(event)}${how}`.trim());
    found.set(key, scorer);
  }
  return [...found.values()];
}

/** Those who were sent off: `Ed Inskip 64'`. */
export function dismissedOf(events: readonly TimelineEvent[], sideId: string): string[] {
  return events
    .filter((event) => event.type === "card" && event.competitorId === sideId && isRed(event))
    .map((event) => [nameOf(event, "player") ?? "Red card", minuteOf(event)].filter(Boolean).join(" "));
}

export function isRed(event: TimelineEvent): boolean {
  return event.detail.card === "red" || event.detail.card === "second_yellow";
}

/** The kicks of the shoot-out by side: true where it went in. */
export function kicksOf(events: readonly TimelineEvent[], sideId: string): boolean[] {
  return events
    .filter((event) => event.type === "shootout_kick" && event.competitorId === sideId)
    .map((event) => event.detail.scored === true);
}

/** The marks of one side's players, by their id. */
export function marksOf(events: readonly TimelineEvent[], sideId: string): Map<string, Marks> {
  const found = new Map<string, Marks>();
  const of = (player: EventPlayer | undefined): Marks | null => {
    if (player === undefined) return null;
    const known = found.get(player.id) ?? { goals: 0, ownGoals: 0, card: null, on: null, off: null };
    found.set(player.id, known);
    return known;
  };
  for (const event of events) {
    const ours = event.competitorId === sideId;
    if (event.type === "goal") {
      const own = event.detail.ownGoal === true;
      if (own === ours) continue;
      const marks = of(playerOf(event, own ? "own_goal" : "scorer") ?? playerOf(event, "scorer"));
      if (marks !== null) marks[own ? "ownGoals" : "goals"] += 1;
    } else if (!ours) {
    } else if (event.type === "card") {
      const marks = of(playerOf(event, "player"));
      if (marks !== null && marks.card !== "red") marks.card = isRed(event) ? "red" : "yellow";
    } else if (event.type === "substitution") {
      const coming = of(playerOf(event, "player_in"));
      if (coming !== null) coming.on = minuteOf(event);
      const going = of(playerOf(event, "player_out"));
      if (going !== null) going.off = minuteOf(event);
    }
  }
  return found;
}
