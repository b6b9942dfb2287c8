import { useEffect, useState } from "preact/hooks";
import type { MatchSetup } from "../../contracts/generated";
import { Empty, Skeleton } from "../../design/Empty";
import { lazily } from "../../design/lazily";
import { title } from "../../features/match/format";
import { ApiError, api } from "../../net/rest";
import { user } from "../../net/session";
import { SPORT_NAMES, SPORTS, type Sport } from "../../sports";
import { useMatchRoom } from "../../state/hooks";
import { loadOlder } from "../../state/rooms";
import { useTitle } from "../title";
import styles from "./Scorer.module.css";
import { ScoringTable } from "./ScoringTable";
import type { TableProps } from "./useScorebook";

/** The page that scores one match. */
export function Scorer({ matchId }: { matchId: string }) {
  const room = useMatchRoom(matchId);
  const { match, next } = room.state.value;
  const [setup, setSetup] = useState<MatchSetup | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const userId = user.value?.id ?? "";
  useTitle(match === null ? "Score a match" : `Score: ${title(match)}`);
  const load = () => {
    setFailure(null);
    api.matchSetup(matchId).then(setSetup, (error: unknown) => {
      setFailure(error instanceof Error ? error.message : "The match could not be loaded.");
      // Without a network the scorer comes up when there is one again.
      if (error instanceof ApiError && error.code === "network") setTimeout(load, 3_000);
    });
  };
  useEffect(load, [matchId, userId]);
  // Who is at the crease, and whose turn it is, follow from all that was said.
  const [older, setOlder] = useState(0);
  useEffect(() => {
    if (match === null || next === null) return;
    loadOlder(matchId).catch(() => setTimeout(() => setOlder((n) => n + 1), 3_000));
  }, [matchId, match === null, next, older]);

  // Its sport's part of the page is on its way while the rest is read.
  const sport = match?.sport;
  useEffect(() => {
    if (sport !== undefined) SPORTS[sport].scoring().catch(() => {});
  }, [sport]);

  const problem = room.problem.value;
  if (problem !== null || (failure !== null && setup === null))
    return (
      <Empty icon="alert" title="This match cannot be scored" heading>
        <p>{problem?.message ?? failure}</p>
        <a class={styles.link} href="/station/matches">
          Your matches
        </a>
      </Empty>
    );
  if (match === null || setup === null || next !== null)
    return <Skeleton height="420px" label="Opening the match" />;
  if (!setup.mayScore)
    return (
      <Empty icon="alert" title="This is not your match" heading>
        <p>Only who made a match can score it, and admins.</p>
        <a class={styles.link} href="/station/matches">
          Your matches
        </a>
      </Empty>
    );
  const SportTable = TABLES[match.sport];
  return <SportTable key={`${matchId}.${userId}`} match={match} setup={setup} userId={userId} />;
}

/** The table of each sport, whose own part is loaded with it. */
const TABLES = Object.fromEntries(
  SPORT_NAMES.map(([sport]) => [
    sport,
    lazily<TableProps>(() =>
      SPORTS[sport].scoring().then((scoring) => (props) => <ScoringTable {...props} scoring={scoring} />),
    ),
  ]),
) as Record<Sport, ReturnType<typeof lazily<TableProps>>>;
