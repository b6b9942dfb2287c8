import { Duel } from "./Duel";
import { Periods } from "./Periods";
import type { BoardProps } from "./Scoreboard";

/** Points, and the table of quarters. */
export function BasketballBoard({ match }: BoardProps) {
  return (
    <>
      <Duel match={match} />
      <Periods match={match} />
    </>
  );
}
