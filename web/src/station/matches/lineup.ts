import type { LineupPlayer, NewLineupPlayer } from "../../contracts/generated";
import { playerId } from "../scoring/entry";

/** The server takes no longer line-up. */
export const LINEUP_BOUND = 60;

/**
 * A pasted line-up: a player on each line, with the shirt number before or after the name (`9 Ann Abbot`, `Ann Abbot,
 * 9`). Those below an empty line are substitutes. Who was in the line-up before keeps the id, by which events name
 * players.
 */
export function readLineup(
  text: string,
  sideId: string,
  before: readonly LineupPlayer[] = [],
): NewLineupPlayer[] {
  const found: NewLineupPlayer[] = [];
  const taken = new Set<string>();
  const blocks = text.trim().split(/\n[ \t]*\n\s*/);
  for (const [block, lines] of blocks.entries())
    for (const line of lines.split("\n")) {
      const { name, number } = readLine(line);
      if (name === "") continue;
      const known = before.find((one) => one.name === name && !taken.has(one.id));
      let id = known?.id ?? playerId(sideId, name);
      for (let n = 2; taken.has(id); n++) id = `${playerId(sideId, name).slice(0, 96)}-${n}`;
      taken.add(id);
      found.push({
        id,
        name,
        ...(number === undefined ? {} : { number }),
        ...(blocks.length > 1 ? { starter: block === 0 } : {}),
        ...(known?.position === undefined ? {} : { position: known.position }),
      });
    }
  return found.slice(0, LINEUP_BOUND);
}

function readLine(line: string): { name: string; number?: number } {
  const before = /^\s*#?(\d{1,3})[\s.,:)–-]+(\S.*)$/.exec(line);
  const after = /^(.*\S)[\s,(#–-]+(\d{1,3})\)?\s*$/.exec(line);
  const [name, number] = before ? [before[2], before[1]] : after ? [after[1], after[2]] : [line, undefined];
  const plain = (name ?? "")
    .replace(/[\s,;]+$/, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);
  return number === undefined ? { name: plain } : { name: plain, number: Number(number) };
}

/** The text that reads as this line-up. */
export function writeLineup(players: readonly LineupPlayer[]): string {
  const line = ({ number, name }: LineupPlayer) => (number === undefined ? name : `${number} ${name}`);
  const bench = players.filter(({ starter }) => starter === false);
  const first = players.filter(({ starter }) => starter !== false);
  return [first, bench]
    .filter(({ length }) => length > 0)
    .map((part) => part.map(line).join("\n"))
    .join("\n\n");
}
