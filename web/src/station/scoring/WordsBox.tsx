import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { Button, IconButton } from "../../design/Button";
import { legends } from "./keys";
import styles from "./Scorer.module.css";

/** Words by themselves, or for the next entry. */
export function WordsBox({
  input,
  pinned,
  onSend,
  onPin,
  needsPlay,
}: {
  input: RefObject<HTMLInputElement>;
  pinned: string;
  onSend: (text: string) => void;
  onPin: (text: string) => void;
  needsPlay: boolean;
}) {
  const [typed, setTyped] = useState("");
  const take = (use: (text: string) => void) => {
    const text = typed.trim();
    if (text === "") return;
    use(text);
    setTyped("");
    input.current?.blur();
  };
  return (
    <form
      class={styles.words}
      onSubmit={(event) => {
        event.preventDefault();
        take(onSend);
      }}
    >
      <input
        ref={input}
        aria-label="Commentary"
        placeholder={`${needsPlay ? "Say something before the match" : "Say what happens"}${legends.value ? "  /" : ""}`}
        maxLength={1500}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            take(onPin);
          }
        }}
      />
      {typed.trim() !== "" && (
        <div class={styles.wordsEnd}>
          <Button look="quiet" onClick={() => take(onPin)}>
            With the next entry
          </Button>
          <Button look="primary" type="submit">
            Send
          </Button>
        </div>
      )}
      {pinned !== "" && (
        <p class={styles.pinned}>
          With the next entry: <b>{pinned}</b>
          <IconButton icon="close" size={16} label="Do not say it" onClick={() => onPin("")} />
        </p>
      )}
    </form>
  );
}
