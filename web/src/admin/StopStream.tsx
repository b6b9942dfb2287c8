import { useEffect, useState } from "preact/hooks";
import type { AdminStream } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { FormError, TextField } from "../design/Field";
import { notify } from "../design/Toast";
import { EventError, request } from "../net/socket";
import styles from "./Monitor.module.css";

interface StopStreamProps {
  stream: AdminStream | null;
  onClose: () => void;
  onStopped: () => void;
}

/** Stop somebody's stream; the reason reaches the owner, the listeners and the audit log. */
export function StopStream({ stream, onClose, onStopped }: StopStreamProps) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setReason("");
    setError(null);
  }, [stream?.streamId]);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (stream === null) return;
    setBusy(true);
    setError(null);
    try {
      await request("stream:stop", {
        channelId: stream.channelId,
        streamId: stream.streamId,
        reason: reason.trim(),
      });
      notify(`${stream.name} was stopped.`);
      onStopped();
    } catch (failure) {
      setError(failure instanceof EventError ? failure.message : "Stopping failed. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Stop ${stream?.name ?? "stream"}?`} open={stream !== null} onClose={onClose}>
      <form class={styles.form} onSubmit={submit}>
        <p>
          {stream?.listeners.toLocaleString("en")} listeners lose “{stream?.showTitle}”. The source is
          disconnected.
        </p>
        <FormError>{error}</FormError>
        <TextField
          label="Reason"
          hint="Shown to the owner and the listeners, and written to the audit log."
          required
          maxLength={200}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
        <div class={styles.choice}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy} disabled={reason.trim() === ""}>
            Stop stream
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
