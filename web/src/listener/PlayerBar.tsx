import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import {
  describe,
  dismiss,
  fallSilent,
  type Playback,
  playback,
  type Station,
  station,
  wake,
} from "../audio/player";
import { IconButton } from "../design/Button";
import { ChannelArt } from "../design/ChannelArt";
import { classes } from "../design/classes";
import { useChannelRoom } from "../state/hooks";
import { PlayButton } from "./PlayButton";
import styles from "./PlayerBar.module.css";
import { VolumeControl } from "./VolumeControl";

/** The player at the bottom: on every page while a station is tuned in. */
export function PlayerBar() {
  const tuned = station.value;
  const { path } = useLocation();
  const home = tuned !== null && path === `/c/${tuned.slug}`;
  useEffect(() => {
    if (tuned === null) delete document.documentElement.dataset.dock;
    else document.documentElement.dataset.dock = home ? "home" : "bar";
  }, [tuned, home]);
  return tuned === null ? null : <Bar key={tuned.channelId} tuned={tuned} home={home} />;
}

const SAYS: Record<Playback, string> = {
  stopped: "Stopped",
  connecting: "Tuning in…",
  playing: "Live",
  waiting: "No sound now. Trying again by itself…",
  blocked: "Tap play to hear it",
};

function Bar({ tuned, home }: { tuned: Station; home: boolean }) {
  const { metadata, stream, channel } = useChannelRoom(tuned.channelId).parts;
  const show = metadata?.showTitle ?? tuned.name;
  const track = [metadata?.trackName, metadata?.artistName].filter(Boolean).join(" · ");
  const onAir = stream?.sourceConnected === true;
  const over = channel !== null && stream === null;
  useEffect(() => {
    if (onAir) wake();
  }, [onAir]);
  useEffect(() => {
    if (over) fallSilent();
  }, [over]);
  useEffect(() => {
    describe({ title: track === "" ? show : track, artist: tuned.name, artworkUrl: metadata?.artworkUrl });
  }, [show, track, tuned.name, metadata?.artworkUrl]);
  return (
    <section class={classes(styles.bar, home && styles.home)} aria-label="Player">
      <div class={styles.inner}>
        <PlayButton {...tuned} />
        <a class={styles.what} href={`/c/${tuned.slug}`}>
          <span class={styles.art}>
            <ChannelArt seed={tuned.slug} name={tuned.name} url={metadata?.artworkUrl} />
          </span>
          <span class={styles.words}>
            <b>{track === "" ? show : track}</b>
            <span class={styles.by}>{track === "" ? tuned.name : `${show} · ${tuned.name}`}</span>
          </span>
        </a>
        <span
          class={classes(styles.state, onAir && playback.value === "playing" && styles.live)}
          role="status"
        >
          {over
            ? "Off air. Waiting for it to return…"
            : stream !== null && !onAir
              ? "The sound was lost. Waiting for it to return…"
              : SAYS[playback.value]}
        </span>
        <VolumeControl />
        <IconButton icon="close" label="Close player" onClick={dismiss} />
      </div>
    </section>
  );
}
