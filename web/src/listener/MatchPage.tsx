import { useLocation, useRoute } from "preact-iso";
import { Listeners, LiveBadge } from "../design/Badge";
import { Button } from "../design/Button";
import { ChannelArt } from "../design/ChannelArt";
import { classes } from "../design/classes";
import { Empty, Skeleton } from "../design/Empty";
import { Commentary } from "../features/match/Commentary";
import { startText, title } from "../features/match/format";
import { Scoreboard } from "../features/match/Scoreboard";
import { PANEL_ID, tabId, Views } from "../features/match/Views";
import { SPORTS } from "../sports";
import { useMatchRoom } from "../state/hooks";
import type { MatchState } from "../state/match";
import { activeStreams } from "../state/streams";
import styles from "./MatchPage.module.css";
import { PlayButton } from "./PlayButton";
import { useTitle } from "./title";

type View = "commentary" | "statistics" | "chart" | "lineups";

/** `/m/{matchId}`: the board, who is talking about it, and views of the match of which each has its address. */
export function MatchPage() {
  const { matchId = "" } = useRoute().params;
  const room = useMatchRoom(matchId);
  const state = room.state.value;
  const { match } = state;
  const missing = room.problem.value !== null && match === null;
  useTitle(match !== null ? title(match) : missing ? "Match not found" : "Match");
  if (missing) return <NoMatch />;
  if (match === null) return <Skeleton height="320px" label="Loading the match" />;
  const stations = (activeStreams.value ?? []).filter((stream) => stream.matchId === match.id);
  return (
    <div class={classes(styles.page, "in-order-narrow")} data-coming="">
      <h1 class="visually-hidden">{title(match)}</h1>
      <div class={classes(styles.main, "in-order")}>
        <Scoreboard
          match={match}
          events={state.events}
          corrections={state.corrections}
          deleted={state.deleted}
        />
        {!state.deleted && <Body key={match.id} state={state} />}
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
          <p class={styles.more}>
            <a href={`/matches?competition=${encodeURIComponent(match.competition.id)}`}>
              All matches of {match.competition.name}
            </a>
          </p>
        </section>
      </aside>
    </div>
  );
}

function Body({ state }: { state: MatchState }) {
  const { match } = state;
  const asked = useLocation().query.view;
  if (match === null) return null;
  const { statistics, chart, Lineups } = SPORTS[match.sport];
  const lineups = match.competitors.some(({ type }) => type === "team");
  const options: (readonly [View, string])[] = [
    ["commentary", "Commentary"],
    ["statistics", statistics.name],
    ["chart", chart.name],
    ...(lineups ? [["lineups", "Line-ups"] as const] : []),
  ];
  const view = options.find(([name]) => name === asked)?.[0] ?? "commentary";
  return (
    <div class={styles.views}>
      <Views label="Views of this match" value={view} options={options} />
      <div role="tabpanel" id={PANEL_ID} aria-labelledby={tabId(view)}>
        {view === "commentary" && <Commentary state={state} />}
        {view === "statistics" && <statistics.View match={match} />}
        {view === "chart" && <chart.View match={match} />}
        {view === "lineups" && <Lineups match={match} />}
      </div>
    </div>
  );
}

function NoMatch() {
  const { route } = useLocation();
  return (
    <Empty icon="alert" title="There is no such match" heading>
      <p>It was withdrawn, or its address is not complete.</p>
      <Button look="primary" onClick={() => route("/matches")}>
        See all matches
      </Button>
    </Empty>
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
