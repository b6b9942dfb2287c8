import { useState } from "preact/hooks";
import type { UpdateMetadata } from "../contracts/generated";
import { Button } from "../design/Button";
import { FormError, TextField } from "../design/Field";
import { Panel } from "../design/Panel";
import { notify } from "../design/Toast";
import { EventError, request } from "../net/socket";
import type { ChannelRoom } from "../state/rooms";
import styles from "./Station.module.css";

const FIELDS = [
  ["trackName", "Track", 300],
  ["artistName", "Artist", 300],
  ["album", "Album", 300],
  ["artworkUrl", "Artwork address", 2000],
  ["showTitle", "Show title", 200],
  ["hostName", "Host", 200],
] as const;

type Name = (typeof FIELDS)[number][0];

/** What listeners read: only the fields that were touched are sent; an emptied one is cleared. */
export function NowPlaying({ room }: { room: ChannelRoom }) {
  const { metadata, channel } = room.parts;
  const [edits, setEdits] = useState<Partial<Record<Name, string>>>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  if (metadata === null || channel === null) return null;
  const changed = FIELDS.filter(
    ([name]) => edits[name] !== undefined && edits[name] !== (metadata[name] ?? ""),
  );
  const submit = async (event: Event) => {
    event.preventDefault();
    const changes = Object.fromEntries(changed.map(([name]) => [name, edits[name]?.trim()]));
    setBusy(true);
    setError(null);
    try {
      const payload: UpdateMetadata = { channelId: channel.id, ...changes };
      room.apply({ event: "stream:metadata", payload: await request("stream:update-metadata", payload) });
      setEdits({});
      notify("Listeners see it now.");
    } catch (failure) {
      setError(failure instanceof EventError ? failure.message : "The update failed. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel title="Now playing">
      <form class={styles.form} onSubmit={submit}>
        <FormError>{error}</FormError>
        <div class={styles.columns}>
          {FIELDS.map(([name, label, maxLength]) => (
            <TextField
              key={name}
              label={label}
              type={name === "artworkUrl" ? "url" : "text"}
              required={name === "showTitle" || name === "hostName"}
              maxLength={maxLength}
              value={edits[name] ?? metadata[name] ?? ""}
              onInput={(event) => {
                const value = event.currentTarget.value;
                setEdits((known) => ({ ...known, [name]: value }));
              }}
            />
          ))}
        </div>
        <div class={styles.end}>
          {changed.length > 0 && (
            <Button look="quiet" onClick={() => setEdits({})}>
              Reset
            </Button>
          )}
          <Button look="primary" type="submit" busy={busy} disabled={changed.length === 0}>
            Update
          </Button>
        </div>
      </form>
    </Panel>
  );
}
