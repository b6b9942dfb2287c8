import { useEffect, useState } from "preact/hooks";
import { playback, station } from "../audio/player";
import type { ActiveStream, ChannelInfo, Match } from "../contracts/generated";
import { Listeners, LiveBadge } from "../design/Badge";
import { ChannelArt } from "../design/ChannelArt";
import { classes } from "../design/classes";
import { Empty, Skeleton } from "../design/Empty";
import { Icon } from "../design/Icon";
import { useInOrder } from "../design/inOrder";
import { isTold, markOf, statedShort, statusText, tell } from "../features/match/format";
import { MatchRow, Sides } from "../features/match/MatchRow";
import { shortened } from "../features/text";
import { api } from "../net/rest";
import { whenConnected } from "../net/socket";
import { isUnderWay, phaseOf } from "../sports/shared/match";
import { useMatchRoom } from "../state/hooks";
import type { MatchRoom } from "../state/rooms";
import { activeStreams } from "../state/streams";
import styles from "./Home.module.css";
import { PlayButton } from "./PlayButton";
import { useTitle } from "./title";

export function Home() {
  useTitle(null);
  const streams = activeStreams.value;
  const [first, ...others] = streams ?? [];
  const page = useInOrder<HTMLDivElement>();
  return (
    <div ref={page} class={classes(styles.page, "in-order-narrow")}>
      <section aria-labelledby="live" class={classes(styles.live, "in-order")}>
        <h1 id="live">On air now</h1>
        {streams === null ? (
          <Skeleton height="300px" label="Looking for live stations" />
        ) : first === undefined ? (
          <div class={styles.silence}>
            <Empty icon="radio" title="Nobody is on air right now">
              <p>Stations appear here the moment they go live. You can leave this page open.</p>
            </Empty>
          </div>
        ) : (
          <>
            <Feature stream={first} />
            {others.length > 0 && (
              <ul class={styles.grid}>
                {others.map((stream) => (
                  <li key={stream.channelId}>
                    <Card stream={stream} />
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
        <OffAir live={streams ?? []} />
      </section>
      <Matches />
    </div>
  );
}

function onAir(stream: ActiveStream): string {
  const { trackName, artistName } = stream.metadata;
  return [trackName, artistName].filter(Boolean).join(" · ");
}

/** The station that most people hear, large. */
function Feature({ stream }: { stream: ActiveStream }) {
  const track = onAir(stream);
  return (
    <article class={styles.feature}>
      <div class={styles.art}>
        <ChannelArt seed={stream.slug} name={stream.name} url={stream.metadata.artworkUrl} />
      </div>
      <div class={styles.words}>
        <p class={styles.meta}>
          <LiveBadge />
          <Listeners count={stream.listeners} />
        </p>
        <h2>
          <a href={`/c/${stream.slug}`}>{stream.metadata.showTitle}</a>
        </h2>
        <p class={styles.by}>
          {stream.name} · with {stream.metadata.hostName}
        </p>
        <p class={styles.track}>{track}</p>
        <div class={styles.action}>
          <PlayButton channelId={stream.channelId} slug={stream.slug} name={stream.name} large />
        </div>
      </div>
      {stream.matchId !== undefined && <LinkedScore matchId={stream.matchId} wide />}
      {stream.matchId !== undefined && <Moments matchId={stream.matchId} />}
    </article>
  );
}

/** As many as stand below the score without hiding what else there is. */
const MOMENTS = 4;

/** What happened last in the match that the large station talks about. */
function Moments({ matchId }: { matchId: string }) {
  const room = useMatchRoom(matchId);
  const { events, match } = room.state.value;
  if (match === null) return <NotYet room={room} />;
  const { sport } = match;
  const told = events.filter((event) => isTold(sport, event) && event.op !== "delete").slice(0, MOMENTS);
  if (told.length === 0 && !isUnderWay(match)) return null;
  return (
    <ol class={styles.moments} aria-label="Latest in the match">
      {/* A row stays in its place and says what is newer. */}
      {told.map((event, row) => (
        <li key={row} class={classes(markOf(sport, event).tone === "score" && styles.big)}>
          <span>{event.clock?.display}</span>
          <p>{tell(sport, event, navigator.languages)}</p>
        </li>
      ))}
    </ol>
  );
}

function Card({ stream }: { stream: ActiveStream }) {
  const playing = station.value?.channelId === stream.channelId && playback.value === "playing";
  const track = onAir(stream);
  return (
    <article class={classes(styles.card, playing && styles.playing)}>
      <div class={styles.head}>
        <div class={styles.small}>
          <ChannelArt seed={stream.slug} name={stream.name} url={stream.metadata.artworkUrl} />
        </div>
        <div class={styles.words}>
          <h2>
            <a href={`/c/${stream.slug}`}>{stream.metadata.showTitle}</a>
          </h2>
          <p class={styles.by}>{stream.name}</p>
          <p class={styles.meta}>
            <LiveBadge />
            <Listeners count={stream.listeners} />
          </p>
        </div>
        <PlayButton channelId={stream.channelId} slug={stream.slug} name={stream.name} />
      </div>
      <p class={styles.track}>{track}</p>
      {stream.matchId !== undefined && <LinkedScore matchId={stream.matchId} />}
    </article>
  );
}

/** The score of the match that a station talks about, live. */
function LinkedScore({ matchId, wide = false }: { matchId: string; wide?: boolean }) {
  const room = useMatchRoom(matchId);
  const { match } = room.state.value;
  if (match === null) return <NotYet room={room} />;
  const stated = statedShort(match);
  return (
    <a class={classes(styles.score, wide && styles.wide)} href={`/m/${match.id}`}>
      <span class={classes(styles.state, phaseOf(match) === "live" && styles.running)}>
        {statusText(match)}
        {wide && <small>{match.competition.name}</small>}
      </span>
      <Sides match={match} />
      {stated !== null && <span class={styles.stated}>{stated}</span>}
    </a>
  );
}

/** In place of a match whose state is on its way; nothing where the server has none. */
function NotYet({ room }: { room: MatchRoom }) {
  return room.problem.value === null ? <Skeleton height="92px" label="Loading the match" /> : null;
}

/** Characters of a description in a list; the station's page has all of it. */
const DESCRIBED = 90;

/** Stations that are there, but silent. */
function OffAir({ live }: { live: readonly ActiveStream[] }) {
  const [channels, setChannels] = useState<readonly ChannelInfo[] | null>(null);
  useEffect(
    () =>
      whenConnected(
        () =>
          void api.channels().then(
            ({ items }) => setChannels(items),
            () => setChannels((known) => known ?? []),
          ),
      ),
    [],
  );
  if (channels === null) return <Skeleton height="96px" label="Loading more stations" />;
  const silent = channels.filter((channel) => !live.some((stream) => stream.channelId === channel.id));
  if (silent.length === 0) return null;
  return (
    <section aria-labelledby="off-air" class={styles.off}>
      <h2 id="off-air">{live.length === 0 ? "Stations" : "More stations"}</h2>
      <ul>
        {silent.map((channel) => (
          <li key={channel.id}>
            <a href={`/c/${channel.slug}`}>
              <span class={styles.tiny}>
                <ChannelArt seed={channel.slug} name={channel.name} url={channel.artworkUrl} />
              </span>
              <span class={styles.about}>
                <b>{channel.name}</b>
                <span>
                  {channel.description === "" ? "Off air" : shortened(channel.description, DESCRIBED)}
                </span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** More live rows than these keep the state they had when the list was loaded. */
const FOLLOWED = 12;
/** Of what is to come, and of what was played; all of them are on a page of their own. */
const SHOWN = 5;

function Matches() {
  const [matches, setMatches] = useState<readonly Match[] | null>(null);
  useEffect(() => {
    const load = () =>
      void api.matches({ limit: 50 }).then(
        ({ items }) => setMatches(items),
        () => setMatches((known) => known ?? []),
      );
    const end = whenConnected(load);
    const timer = setInterval(load, 60_000);
    return () => {
      end();
      clearInterval(timer);
    };
  }, []);
  if (matches !== null && matches.length === 0) return null;
  const now = (matches ?? []).filter(isUnderWay);
  const soon = (matches ?? [])
    .filter((match) => phaseOf(match) === "upcoming")
    .sort((a, b) => a.scheduledAt - b.scheduledAt);
  const over = (matches ?? []).filter((match) => phaseOf(match) === "over");
  return (
    <aside class={styles.matches} aria-labelledby="matches">
      <div class={styles.title}>
        <h2 id="matches">Matches</h2>
        <a href="/matches">
          All matches <Icon name="forward" size={14} />
        </a>
      </div>
      {matches === null && <Skeleton height="220px" label="Loading matches" />}
      <Group title="Live" count={now.length}>
        {now.map((match, index) =>
          index < FOLLOWED ? (
            <LiveRow key={match.id} matchId={match.id} known={match} />
          ) : (
            <MatchRow key={match.id} match={match} />
          ),
        )}
      </Group>
      <Group title="Coming up" count={soon.length}>
        {soon.slice(0, SHOWN).map((match) => (
          <MatchRow key={match.id} match={match} />
        ))}
      </Group>
      <Group title="Results" count={over.length}>
        {over.slice(0, SHOWN).map((match) => (
          <MatchRow key={match.id} match={match} />
        ))}
      </Group>
    </aside>
  );
}

function LiveRow({ matchId, known }: { matchId: string; known: Match }) {
  const { match } = useMatchRoom(matchId).state.value;
  return <MatchRow match={match ?? known} />;
}

function Group({
  title,
  count,
  children,
}: {
  title: string;
  count: number;
  children: preact.ComponentChildren;
}) {
  if (count === 0) return null;
  return (
    <section class={styles.group} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
