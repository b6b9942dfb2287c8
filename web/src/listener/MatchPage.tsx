import { useRoute } from "preact-iso";
import { Listeners, LiveBadge } from "../design/Badge";
import { ChannelArt } from "../design/ChannelArt";
import { Skeleton } from "../design/Empty";
import { Commentary } from "../features/match/Commentary";
import { startText, title } from "../features/match/format";
import { Scoreboard } from "../features/match/Scoreboard";
import { useMatchRoom } from "../state/hooks";
import { activeStreams } from "../state/streams";
import { NotFound } from "./App";
import styles from "./MatchPage.module.css";
import { PlayButton } from "./PlayButton";
import { useTitle } from "./title";

/** `/m/{matchId}`: the board, who is talking about it, and the commentary back to the start. */
export function MatchPage() {
  const { matchId = "" } = useRoute().params;
  const room = useMatchRoom(matchId);
  const { match } = room.state.value;
  useTitle(match === null ? "Match" : title(match));
  if (room.problem.value !== null && match === null) return <NotFound />;
  if (match === null) return <Skeleton height="320px" label="Loading the match" />;
  const stations = (activeStreams.value ?? []).filter((stream) => stream.matchId === match.id);
  return (
    <div class={styles.page}>
      <h1 class="visually-hidden">{title(match)}</h1>
      <div class={styles.main}>
        <Scoreboard
          match={match}
          events={room.state.value.events}
          corrections={room.state.value.corrections}
        />
        <Commentary state={room.state.value} />
      </div>
      <aside class={styles.aside} aria-label="About this match">
        <section aria-labelledby="stations" class={styles.panel}>
          <h2 id="stations">Listen to it</h2>
          {stations.length === 0 ? (
            <p class={styles.none}>No station has this match on air now.</p>
          ) : (
            <ul>
              {stations.map((stream) => (
                <li key={stream.channelId} class={styles.station}>
                  <div class={styles.art}>
                    <ChannelArt seed={stream.slug} name={stream.name} url={stream.metadata.artworkUrl} />
                  </div>
                  <div>
                    <a href={`/c/${stream.slug}`}>
                      <b>{stream.metadata.showTitle}</b>
                    </a>
                    <p>
                      <LiveBadge />
                      <Listeners count={stream.listeners} />
                    </p>
                  </div>
                  <PlayButton channelId={stream.channelId} slug={stream.slug} name={stream.name} />
                </li>
              ))}
            </ul>
          )}
        </section>
        <section aria-labelledby="facts" class={styles.panel}>
          <h2 id="facts">Match facts</h2>
          <dl>
            <Fact name="Competition" value={match.competition.name} />
            <Fact name="Season" value={match.competition.season} />
            <Fact
              name="Round"
              value={[match.competition.stage, match.competition.round].filter(Boolean).join(", ")}
            />
            <Fact name="Start" value={startText(match.scheduledAt)} />
            <Fact name="Venue" value={match.venue} />
          </dl>
        </section>
      </aside>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined || value === "") return null;
  return (
    <div class={styles.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
