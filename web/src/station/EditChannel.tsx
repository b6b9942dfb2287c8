import { useState } from "preact/hooks";
import type { ChannelDetail, ChannelInfo } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { CheckField, FormError, SelectField, TextAreaField, TextField } from "../design/Field";
import { notify } from "../design/Toast";
import { ApiError, api, type EditChannel as Changes } from "../net/rest";
import styles from "./Station.module.css";

interface EditChannelProps {
  channel: ChannelDetail;
  onClose: () => void;
  onChanged: (channel: ChannelDetail) => void;
  onDeleted: (channel: ChannelInfo) => void;
}

/** What listeners read of a channel, and its end. */
export function EditChannel({ channel, onClose, onChanged, onDeleted }: EditChannelProps) {
  const [deleting, setDeleting] = useState(false);
  return (
    <Dialog title={deleting ? `Delete ${channel.name}?` : "Edit channel"} open onClose={onClose}>
      {deleting ? (
        <Deletion channel={channel} onKeep={() => setDeleting(false)} onDeleted={onDeleted} />
      ) : (
        <Form channel={channel} onChanged={onChanged} onDelete={() => setDeleting(true)} />
      )}
    </Dialog>
  );
}

/** Languages that are offered; a channel keeps any other that it has. */
const LANGUAGES = [
  "ar",
  "bn",
  "de",
  "en",
  "es",
  "fr",
  "hi",
  "id",
  "it",
  "ja",
  "ko",
  "nl",
  "pl",
  "pt",
  "ru",
  "sv",
  "sw",
  "tr",
  "uk",
  "ur",
  "zh",
];

function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

interface FormProps {
  channel: ChannelDetail;
  onChanged: (channel: ChannelDetail) => void;
  onDelete: () => void;
}

function Form({ channel, onChanged, onDelete }: FormProps) {
  const before = {
    name: channel.name,
    description: channel.description,
    language: channel.language,
    artworkUrl: channel.artworkUrl ?? "",
    autoLive: channel.autoLive !== false,
  };
  const [typed, setTyped] = useState(before);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const change = (part: Partial<typeof before>) => setTyped((known) => ({ ...known, ...part }));
  const wrong = failure instanceof ApiError ? failure.fields : new Map<string, string>();
  const besideField = ["name", "description", "language", "artworkUrl"].some((name) => wrong.has(name));
  const submit = async (event: Event) => {
    event.preventDefault();
    const now = { ...typed, name: typed.name.trim(), artworkUrl: typed.artworkUrl.trim() };
    const names = Object.keys(before) as (keyof typeof before)[];
    const changes = Object.fromEntries(
      names.filter((name) => now[name] !== before[name]).map((name) => [name, now[name]]),
    ) as Changes;
    setBusy(true);
    setFailure(null);
    try {
      onChanged(await api.editChannel(channel.id, changes));
      notify("The channel was changed.");
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error("The channel could not be changed. Try again."));
      setBusy(false);
    }
  };
  return (
    <form class={styles.form} onSubmit={submit}>
      <FormError>{besideField ? null : (failure?.message ?? null)}</FormError>
      <TextField
        label="Station name"
        required
        maxLength={200}
        value={typed.name}
        error={wrong.get("name")}
        onInput={(event) => change({ name: event.currentTarget.value })}
      />
      <TextAreaField
        label="Description (optional)"
        maxLength={2000}
        rows={3}
        value={typed.description}
        error={wrong.get("description")}
        onInput={(event) => change({ description: event.currentTarget.value })}
      />
      <SelectField
        label="Language"
        value={typed.language}
        error={wrong.get("language")}
        onChange={(event) => change({ language: event.currentTarget.value })}
      >
        {[...new Set([before.language, ...LANGUAGES])].map((code) => (
          <option key={code} value={code}>
            {languageName(code)}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Picture (optional)"
        hint="The address of a square picture, as https://example.org/station.jpg."
        type="url"
        maxLength={2000}
        value={typed.artworkUrl}
        error={wrong.get("artworkUrl")}
        onInput={(event) => change({ artworkUrl: event.currentTarget.value })}
      />
      <CheckField
        label="Go live by itself"
        hint="As soon as sound arrives from your own software."
        checked={typed.autoLive}
        onChange={(event) => change({ autoLive: event.currentTarget.checked })}
      />
      <p class={styles.address}>
        Its address stays <b>/c/{channel.slug}</b>, so that links and players keep working.
      </p>
      <div class={styles.end}>
        <Button look="danger" onClick={onDelete}>
          Delete…
        </Button>
        <Button look="primary" type="submit" busy={busy}>
          Save
        </Button>
      </div>
    </form>
  );
}

interface DeletionProps {
  channel: ChannelDetail;
  onKeep: () => void;
  onDeleted: (channel: ChannelInfo) => void;
}

/** For good, so the channel is named once more. A show that is on air is ended first. */
function Deletion({ channel, onKeep, onDeleted }: DeletionProps) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const same = typed.trim().toLowerCase() === channel.slug;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!same) {
      setError(`That is not its address. Type ${channel.slug} to delete it.`);
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await api.deleteChannel(channel.id);
      notify(`${channel.name} was deleted.`);
      onDeleted(channel);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "Deleting failed. Try again.");
      setBusy(false);
    }
  };
  return (
    <form class={styles.form} onSubmit={submit}>
      <p>
        The station's page, its chat, its past shows and its source password are gone for everybody, and
        software that sends to it is refused. This cannot be undone. Matches stay.
      </p>
      {channel.live && (
        <p>It is on air. End the show first: a channel is not taken away from under its listeners.</p>
      )}
      <TextField
        label={`Type ${channel.slug} to confirm`}
        required
        autocomplete="off"
        autocapitalize="none"
        value={typed}
        error={error ?? undefined}
        disabled={channel.live}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <div class={styles.end}>
        <Button onClick={onKeep}>Keep it</Button>
        <Button look="primary" type="submit" busy={busy} disabled={channel.live}>
          Delete channel
        </Button>
      </div>
    </form>
  );
}
