import { type Playback, play, playback, type Station, station, stop } from "../audio/player";
import { classes } from "../design/classes";
import { Icon } from "../design/Icon";
import styles from "./PlayButton.module.css";

/** One tap: hear this station, or stop hearing it. `large` says so in words. */
export function PlayButton({ channelId, slug, name, large = false }: Station & { large?: boolean }) {
  const state: Playback = station.value?.channelId === channelId ? playback.value : "stopped";
  const on = state !== "stopped" && state !== "blocked";
  const label = large ? `${WORDS[state]}: ${name}` : on ? `Stop ${name}` : `Listen to ${name}`;
  return (
    <button
      type="button"
      class={classes(styles.play, large && styles.large, on && styles.on)}
      aria-label={label}
      title={label}
      onClick={() => (on ? stop() : play({ channelId, slug, name }))}
    >
      {state === "connecting" || state === "waiting" ? (
        <span class={styles.turning} />
      ) : (
        <Icon name={on ? "stop" : "play"} size={large ? 22 : 20} />
      )}
      {large && <span>{WORDS[state]}</span>}
    </button>
  );
}

const WORDS: Record<Playback, string> = {
  stopped: "Listen live",
  blocked: "Tap to listen",
  connecting: "Tuning in",
  waiting: "Waiting for sound",
  playing: "Stop",
};
