import { useState } from "preact/hooks";
import { Button } from "../design/Button";
import { FormError, SelectField, TextField } from "../design/Field";
import { endedBecause } from "../features/ended";
import { user } from "../net/session";
import { EventError, request } from "../net/socket";
import type { ChannelRoom } from "../state/rooms";
import styles from "./GoLive.module.css";
import { SHOW_TYPES } from "./showTypes";

/** The one thing to do off air. */
export function GoLive({ room }: { room: ChannelRoom }) {
  const { channel, ended } = room.parts;
  const [showTitle, setShowTitle] = useState("");
  const [hostName, setHostName] = useState(user.peek()?.displayName ?? "");
  const [showType, setShowType] = useState<string>(SHOW_TYPES[0][0]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  if (channel === null) return null;
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await request("stream:start", {
        channelId: channel.id,
        showTitle: showTitle.trim(),
        hostName: hostName.trim(),
        showType,
      });
    } catch (failure) {
      setError(failure instanceof EventError ? failure.message : "Going live failed. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class={styles.card} onSubmit={submit} aria-labelledby="go-live">
      <header>
        <h2 id="go-live">Go live</h2>
        <p>
          {ended === null
            ? "Name the show, press the button, then send the sound from your own software."
            : `The last show has ended. ${endedBecause(ended.reason)}`.trim()}
        </p>
      </header>
      <FormError>{error}</FormError>
      <div class={styles.fields}>
        <TextField
          label="Show title"
          required
          maxLength={200}
          value={showTitle}
          placeholder="Saturday Match Day"
          onInput={(event) => setShowTitle(event.currentTarget.value)}
        />
        <TextField
          label="Host"
          required
          maxLength={200}
          value={hostName}
          onInput={(event) => setHostName(event.currentTarget.value)}
        />
        <SelectField
          label="Show type"
          value={showType}
          onChange={(event) => setShowType(event.currentTarget.value)}
        >
          {SHOW_TYPES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </SelectField>
      </div>
      <Button look="primary" size="l" icon="radio" type="submit" busy={busy} wide>
        Go live
      </Button>
    </form>
  );
}
