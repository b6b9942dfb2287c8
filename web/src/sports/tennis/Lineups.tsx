import type { Match } from "../../contracts/generated";
import { Lineups as Lists } from "../shared/Lineups";
import { icon } from "./icon";

export function Lineups({ match }: { match: Match }) {
  return <Lists match={match} icon={icon} />;
}
