import { useState } from "preact/hooks";
import type { Match } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { FormError, SelectField, TextField } from "../../design/Field";
import { notify } from "../../design/Toast";
import { ApiError, api } from "../../net/rest";
import { phaseOf } from "../../sports/shared/match";
import { matchRoom } from "../../state/rooms";
import { newestVersion } from "../scoring/version";
import { localTime, readTime } from "./form";
import styles from "./Matches.module.css";

const STATUSES = [
  ["scheduled", "Scheduled"],
  ["delayed", "Delayed"],
  ["postponed", "Postponed"],
  ["cancelled", "Cancelled"],
] as const;

type Stated = (typeof STATUSES)[number][0];

interface DetailsProps {
  match: Match;
  onClose: () => void;
  onDeleted: () => void;
}

/** When and where, how it stands before play, and taking it away. */
export function Details({ match, onClose, onDeleted }: DetailsProps) {
  const [start, setStart] = useState(localTime(match.scheduledAt));
  const [venue, setVenue] = useState(match.venue ?? "");
  const [status, setStatus] = useState<string>(match.status);
  const [version, setVersion] = useState(match.version);
  const [deleting, setDeleting] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const open = phaseOf(match) === "upcoming" || match.status === "cancelled";
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 409) setVersion(await newestVersion(match));
      setError(failure instanceof Error ? failure.message : "That did not work. Try again.");
      setBusy(false);
    }
  };
  const save = (event: Event) => {
    event.preventDefault();
    void act(async () => {
      const changed = await api.editMatch(match.id, {
        version,
        scheduledAt: readTime(start) ?? match.scheduledAt,
        venue: venue.trim(),
        ...(open && status !== match.status ? { status: status as Stated } : {}),
      });
      matchRoom(match.id).apply({ type: "updated", match: changed });
      notify("Saved.");
      onClose();
    });
  };
  return (
    <Dialog title={deleting ? "Delete the match?" : "Details"} open onClose={onClose}>
      <FormError>{error}</FormError>
      {deleting ? (
        <div class={styles.form}>
          <p>
            It is gone for everybody, with {match.seq === 0 ? "all that is known of it" : "all its events"}.
            What is called off is better cancelled.
          </p>
          <div class={styles.end}>
            <Button onClick={() => setDeleting(false)}>Keep it</Button>
            <Button
              look="primary"
              busy={busy}
              onClick={() =>
                void act(async () => {
                  await api.deleteMatch(match.id);
                  onDeleted();
                })
              }
            >
              Delete
            </Button>
          </div>
        </div>
      ) : (
        <form class={styles.form} onSubmit={save}>
          <TextField
            label="Start"
            type="datetime-local"
            required
            value={start}
            onInput={(event) => setStart(event.currentTarget.value)}
          />
          <TextField
            label="Venue"
            maxLength={200}
            value={venue}
            onInput={(event) => setVenue(event.currentTarget.value)}
          />
          {open && (
            <SelectField
              label="Status"
              value={status}
              onChange={(event) => setStatus(event.currentTarget.value)}
            >
              {STATUSES.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </SelectField>
          )}
          <div class={styles.end}>
            <Button look="danger" onClick={() => setDeleting(true)}>
              Delete…
            </Button>
            <Button look="primary" type="submit" busy={busy}>
              Save
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
