import type { Match } from "../../contracts/generated";
import { TeamStatistics } from "../shared/Statistics";
import { icon } from "./icon";

const NAMES = {
  PTS: "Points",
  FG: "Field goals, made of tried",
  "3P": "Three-pointers, made of tried",
  FT: "Free throws, made of tried",
  REB: "Rebounds",
  OREB: "Offensive rebounds",
  DREB: "Defensive rebounds",
  AST: "Assists",
  STL: "Steals",
  BLK: "Blocks",
  TO: "Turnovers",
  PF: "Personal fouls",
};

const SHARES = { fieldGoals: "Field goals", threes: "Three-pointers", freeThrows: "Free throws" };

export function Statistics({ match }: { match: Match }) {
  return <TeamStatistics match={match} icon={icon} names={NAMES} shares={SHARES} />;
}
