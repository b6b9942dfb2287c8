import { useEffect, useState } from "preact/hooks";
import type { Feed } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { FormError, TextField } from "../design/Field";
import { notify } from "../design/Toast";
import { api } from "../net/rest";
import { matchTitle, providerName } from "./feeds";
import page from "./Page.module.css";

interface DeleteFeedProps {
  feed: Feed | null;
  onClose: () => void;
  onDeleted: () => void;
}

/** End a feed for good, for a reason that the audit log keeps. */
export function DeleteFeed({ feed, onClose, onDeleted }: DeleteFeedProps) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setReason("");
    setError(null);
    setBusy(false);
  }, [feed?.id]);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (feed === null) return;
    setBusy(true);
    setError(null);
    try {
      await api.deleteFeed(feed.id, reason.trim());
      notify("The feed was deleted.");
      onDeleted();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "Deleting failed. Try again.");
      setBusy(false);
    }
  };
  return (
    <Dialog title="Delete the feed?" open={feed !== null} onClose={onClose}>
      <form class={page.form} onSubmit={submit}>
        <p>
          {feed !== null && `${providerName(feed.provider)} feeds ${matchTitle(feed.match)} no longer. `}
          The match keeps its events; the feed's settings and kept messages are gone.
        </p>
        <FormError>{error}</FormError>
        <TextField
          label="Reason"
          hint="Written to the audit log."
          required
          maxLength={300}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
        <div class={page.choice}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy} disabled={reason.trim() === ""}>
            Delete feed
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
