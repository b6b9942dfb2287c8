import { muted, setVolume, volume } from "../audio/player";
import { IconButton } from "../design/Button";
import styles from "./VolumeControl.module.css";

export function VolumeControl() {
  const silent = muted.value || volume.value === 0;
  return (
    <div class={styles.volume}>
      <IconButton
        icon={silent ? "mute" : "volume"}
        label={silent ? "Unmute" : "Mute"}
        onClick={() => {
          if (volume.value === 0) setVolume(1);
          else muted.value = !muted.value;
        }}
      />
      <input
        type="range"
        min="0"
        max="1"
        step="0.02"
        aria-label="Volume"
        aria-valuetext={`${Math.round(silent ? 0 : volume.value * 100)} %`}
        value={silent ? 0 : volume.value}
        onInput={(event) => setVolume(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}
