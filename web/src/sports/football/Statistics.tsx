import type { Match } from "../../contracts/generated";
import { TeamStatistics } from "../shared/Statistics";
import { icon } from "./icon";

const NAMES = {
  Min: "Minutes played",
  G: "Goals",
  A: "Assists",
  Sh: "Shots",
  SoT: "Shots on target",
  OG: "Own goals",
  F: "Fouls",
  YC: "Yellow cards",
  RC: "Red cards",
};

export function Statistics({ match }: { match: Match }) {
  return <TeamStatistics match={match} icon={icon} names={NAMES} shares={{}} />;
}
