import type { BoardProps } from "../definition";
import { Duel } from "../shared/Duel";
import { Periods } from "../shared/Periods";
import { periodName } from "./words";

/** Points, and the table of quarters. */
export function Board({ match }: BoardProps) {
  return (
    <>
      <Duel match={match} />
      <Periods match={match} nameOf={periodName} />
    </>
  );
}
