import { signal } from "@preact/signals";
import styles from "./Toast.module.css";

interface Notice {
  id: number;
  text: string;
}

const SHOWN_MS = 5_000;
const BOUND = 3;

const notices = signal<readonly Notice[]>([]);
let last = 0;

/** Say something for a few seconds, on screen and to screen readers. */
export function notify(text: string): void {
  last += 1;
  const id = last;
  notices.value = [...notices.value.filter((notice) => notice.text !== text), { id, text }].slice(-BOUND);
  setTimeout(() => {
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }, SHOWN_MS);
}

/** Say what went wrong with something the user asked for. */
export function notifyError(error: unknown): void {
  notify(error instanceof Error ? error.message : "Something went wrong. Try again.");
}

export function Toasts() {
  return (
    <div class={styles.toasts} role="status" aria-label="Notices">
      {notices.value.map((notice) => (
        <p key={notice.id}>{notice.text}</p>
      ))}
    </div>
  );
}
