import { useEffect, useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { station } from "../audio/player";
import type { ChannelDetail, Match } from "../contracts/generated";
import { Badge, Listeners, LiveBadge } from "../design/Badge";
import { ChannelArt } from "../design/ChannelArt";
import { classes } from "../design/classes";
import { Empty, Skeleton } from "../design/Empty";
import { useInOrder } from "../design/inOrder";
import { Tabs } from "../design/Tabs";
import { Chat } from "../features/chat/Chat";
import { endedBecause } from "../features/ended";
import { Commentary } from "../features/match/Commentary";
import { Scoreboard } from "../features/match/Scoreboard";
import { Reactions } from "../features/reactions/Reactions";
import { ApiError, api } from "../net/rest";
import { whenConnected } from "../net/socket";
import { useChannelRoom, useMatchRoom } from "../state/hooks";
import type { ChannelRoom } from "../state/rooms";
import styles from "./Channel.module.css";
import { NotFound } from "./NotFound";
import { PlayButton } from "./PlayButton";
import { useTitle } from "./title";
import { VolumeControl } from "./VolumeControl";

/** `/c/{slug}`: which channel that is, then its page. */
export function Channel() {
  const { slug = "" } = useRoute().params;
  const [found, setFound] = useState<ChannelDetail | "missing" | null>(null);
  useEffect(() => {
    setFound(null);
    return whenConnected(() =>
      api.channel(slug).then(setFound, (error: unknown) => {
        const missing = error instanceof ApiError && error.status === 404;
        if (missing) setFound("missing");
        return missing;
      }),
    );
  }, [slug]);
  if (found === "missing") return <NotFound title="Station not found" />;
  if (found === null) return <Skeleton height="320px" label="Loading the station" />;
  return <OnePage key={found.id} known={found} />;
}

type Side = "match" | "chat";

function OnePage({ known }: { known: ChannelDetail }) {
  const room = useChannelRoom(known.id);
  const { match, channel } = room.parts;
  const [side, setSide] = useState<Side>(match === null ? "chat" : "match");
  useEffect(() => setSide(match === null ? "chat" : "match"), [match === null]);
  useTitle(known.name);
  const page = useInOrder<HTMLDivElement>();
  const coming = channel === null && room.problem.value === null;
  return (
    <div ref={page} class={classes(styles.page, "in-order-narrow")}>
      <div class={classes(styles.main, "in-order")}>
        {coming ? (
          <Skeleton height="320px" label="Loading the station" />
        ) : (
          <Hero room={room} known={known} />
        )}
        {match !== null && (
          <div class={styles.switch}>
            <Tabs
              label="Show"
              value={side}
              onChange={setSide}
              options={[
                ["match", "Commentary"],
                ["chat", "Chat"],
              ]}
            />
          </div>
        )}
        <div class={classes(styles.match, side === "chat" && styles.aside)}>
          {match === null ? null : <Linked key={match.id} known={match} />}
        </div>
      </div>
      <div class={classes(styles.chat, side === "match" && styles.aside)}>
        <Chat room={room} />
      </div>
    </div>
  );
}

function Hero({ room, known }: { room: ChannelRoom; known: ChannelDetail }) {
  const { stream, metadata, listeners, ended, channel, match } = room.parts;
  const info = channel ?? known;
  const track = [metadata?.trackName, metadata?.artistName].filter(Boolean).join(" · ");
  return (
    <>
      <section class={styles.hero} aria-label="Station">
        <div class={styles.art}>
          <ChannelArt seed={info.slug} name={info.name} url={metadata?.artworkUrl ?? info.artworkUrl} />
        </div>
        <div class={styles.words}>
          <p class={styles.meta}>
            {stream === null ? <Badge>Off air</Badge> : <LiveBadge>On air</LiveBadge>}
            {stream !== null && listeners !== null && <Listeners count={listeners.count} />}
            {stream?.sourceConnected === false && <Badge tone="warn">No sound</Badge>}
          </p>
          <h1>{metadata?.showTitle ?? info.name}</h1>
          <p class={styles.by}>
            {metadata === null ? info.description : `${info.name} · with ${metadata.hostName}`}
          </p>
          <div class={classes(styles.player, station.value?.channelId === info.id && styles.docked)}>
            {stream !== null && <PlayButton channelId={info.id} slug={info.slug} name={info.name} large />}
            {stream !== null && <VolumeControl />}
          </div>
        </div>
        {track !== "" && (
          <p class={styles.now} aria-live="polite">
            <span>Now playing</span> <b>{track}</b>
            {metadata?.album !== undefined && metadata.album !== "" && <i>{metadata.album}</i>}
          </p>
        )}
      </section>
      {stream === null && (
        <div class={styles.off}>
          <Empty
            icon="radio"
            title={ended === null ? `${info.name} is off air` : "The show has ended"}
            compact
          >
            <p>
              {ended !== null && `${endedBecause(ended.reason)} `}
              This page goes live by itself when they return.
            </p>
          </Empty>
        </div>
      )}
      {stream !== null && (
        <div class={styles.reactions}>
          <Reactions room={room} />
        </div>
      )}
      {match !== null && <LinkedBoard key={match.id} known={match} />}
    </>
  );
}

function LinkedBoard({ known }: { known: Match }) {
  const room = useMatchRoom(known.id);
  const state = room.state.value;
  if (state.match === null && room.problem.value === null)
    return <Skeleton height="240px" label="Loading the match" />;
  return (
    <Scoreboard
      match={state.match ?? known}
      events={state.events}
      corrections={state.corrections}
      deleted={state.deleted}
      href={`/m/${known.id}`}
    />
  );
}

function Linked({ known }: { known: Match }) {
  const state = useMatchRoom(known.id).state.value;
  return state.deleted ? null : <Commentary state={state} />;
}
