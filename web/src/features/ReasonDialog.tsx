import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { FormError, TextField } from "../design/Field";
import { ApiError } from "../net/rest";
import { EventError } from "../net/socket";
import styles from "./ReasonDialog.module.css";

interface ReasonDialogProps {
  title: string;
  open: boolean;
  /** Who reads the reason. */
  hint: string;
  /** Characters that the server takes. */
  maxLength: number;
  /** What the button says. */
  action: string;
  /** What is said where the server says nothing for people. */
  failed: string;
  /** Does it; what it throws is shown. */
  onConfirm: (reason: string) => Promise<void>;
  onClose: () => void;
  /** What it comes to. */
  children: ComponentChildren;
}

/** Asks for the reason before something is ended for good; the audit log keeps it. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { title, open, hint, maxLength, action, failed, onConfirm, onClose, children } = props;
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setReason("");
    setError(null);
  }, [open]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onConfirm(reason.trim());
    } catch (failure) {
      const told = failure instanceof ApiError || failure instanceof EventError;
      setError(told ? failure.message : failed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <form class={styles.form} onSubmit={submit}>
        <p>{children}</p>
        <FormError>{error}</FormError>
        <TextField
          label="Reason"
          hint={hint}
          required
          maxLength={maxLength}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
        <div class={styles.choice}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy} disabled={reason.trim() === ""}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
