import type { Desk, Group } from "./actions";
import { basketballPad } from "./basketball";
import type { CricketState } from "./cricket";
import { cricketPad } from "./cricketPad";
import { footballPad } from "./football";
import { tennisPad } from "./tennis";

/** All that can be entered now. */
export function padOf(desk: Desk, cricket: CricketState): Group[] {
  switch (desk.match.sport) {
    case "football":
      return footballPad(desk);
    case "basketball":
      return basketballPad(desk);
    case "tennis":
      return tennisPad(desk);
    case "cricket":
      return cricketPad(desk, cricket);
  }
}
