import { useEffect, useState } from "preact/hooks";
import { Button, IconButton } from "../../design/Button";
import { classes } from "../../design/classes";
import { serverNow } from "../../net/clock";
import {
  face,
  playedS,
  readFace,
  setTo,
  started,
  stopped,
  type Timing,
  type Watch,
} from "../../sports/shared/scoring/watch";
import { keysOn, legends } from "./keys";
import styles from "./Watchbar.module.css";

interface WatchbarProps {
  watch: Watch;
  timing: Timing;
  onChange: (watch: Watch) => void;
}

/** The scorer's watch: entries take their time from it. */
export function Watchbar({ watch, timing, onChange }: WatchbarProps) {
  const [, tick] = useState(0);
  const [setting, setSetting] = useState<string | null>(null);
  const running = watch.since !== null;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => tick((n) => n + 1), 250);
    return () => clearInterval(timer);
  }, [running]);
  const now = serverNow();
  const shown = face(watch, timing, now);
  const typed = setting === null ? null : readFace(setting, watch.period, timing);
  // A second later in play is a second less on a clock that counts down.
  const sign = timing.rules.countsDown ? -1 : 1;
  const move = (seconds: number) =>
    onChange(setTo(watch, playedS(watch, serverNow()) + sign * seconds, serverNow()));
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed === null) return;
    onChange(setTo(watch, typed, serverNow()));
    setSetting(null);
  };
  return (
    <section class={classes(styles.bar, running && styles.running)} aria-label="Clock">
      <span class={styles.period}>{timing.rules.titleOf(watch.period, timing.config)}</span>
      {setting === null ? (
        <button
          type="button"
          class={styles.face}
          aria-label={`Clock ${shown}: set it`}
          onClick={() => setSetting(shown)}
        >
          {shown}
        </button>
      ) : (
        <form onSubmit={submit} class={styles.set}>
          <input
            aria-label="Clock, minutes and seconds"
            value={setting}
            inputMode="numeric"
            aria-invalid={typed === null}
            onInput={(event) => setSetting(event.currentTarget.value)}
          />
          <Button look="primary" type="submit" disabled={typed === null}>
            Set
          </Button>
          <IconButton icon="close" label="Leave the clock as it is" onClick={() => setSetting(null)} />
        </form>
      )}
      {setting === null && (
        <div class={styles.tools}>
          {[-60, -1, 1, 60].map((seconds) => (
            <button key={seconds} type="button" class={styles.step} onClick={() => move(seconds)}>
              {seconds > 0 ? "+" : "−"}
              {Math.abs(seconds) === 1 ? "1 s" : "1 min"}
            </button>
          ))}
          <button
            type="button"
            class={styles.toggle}
            aria-keyshortcuts={keysOn.value ? "Space" : undefined}
            onClick={(event) => {
              if (event.detail > 0) event.currentTarget.blur();
              onChange(running ? stopped(watch, serverNow()) : started(watch, serverNow()));
            }}
          >
            {running ? "Stop" : "Start"}
            {legends.value && (
              <span class={styles.legend} aria-hidden="true">
                Space
              </span>
            )}
          </button>
        </div>
      )}
    </section>
  );
}
