import { useState } from "preact/hooks";
import type { RawMessage } from "../contracts/generated";
import { Button } from "../design/Button";
import { Icon } from "../design/Icon";
import { Panel } from "../design/Panel";
import { notifyError } from "../design/Toast";
import { api, type Items } from "../net/rest";
import { pretty } from "./feeds";
import page from "./Page.module.css";
import styles from "./RawMessages.module.css";
import { WHEN } from "./when";

/** Characters of a message that are put on the page: enough to look into, and no browser chokes on it. */
const SHOWN = 20_000;

/** What the provider sent last, asked for only when somebody wants to see it: it may be a megabyte. */
export function RawMessages({ feedId }: { feedId: string }) {
  const [messages, setMessages] = useState<Items<RawMessage> | null>(null);
  const [busy, setBusy] = useState(false);
  const load = async (before?: string) => {
    setBusy(true);
    try {
      const found = await api.feedMessages(feedId, { before });
      setMessages((known) => ({
        ...found,
        items: [...(before === undefined ? [] : (known?.items ?? [])), ...found.items],
      }));
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel
      title="Messages"
      flush
      aside={
        <Button
          look="quiet"
          icon={messages === null ? "eye" : "refresh"}
          busy={busy}
          onClick={() => void load()}
        >
          {messages === null ? "Show" : "Read again"}
        </Button>
      }
    >
      {messages === null && (
        <p class={styles.none}>
          The last 50 messages that changed something are kept as the provider sent them.
        </p>
      )}
      {messages !== null && messages.items.length === 0 && (
        <p class={styles.none}>The provider has sent nothing yet that changed the match.</p>
      )}
      {messages !== null && messages.items.length > 0 && (
        <ul>
          {messages.items.map((message) => (
            <Message key={message.id} message={message} />
          ))}
        </ul>
      )}
      {messages?.next !== undefined && (
        <div class={page.more}>
          <Button busy={busy} onClick={() => void load(messages.next)}>
            Show earlier messages
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Message({ message }: { message: RawMessage }) {
  const [open, setOpen] = useState(false);
  const text = open ? pretty(message.body) : "";
  const cut = text.length > SHOWN || message.body.length < message.size;
  return (
    <li class={styles.message}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <Icon name="forward" size={14} />
          <time dateTime={new Date(message.at).toISOString()}>{WHEN.format(message.at)}</time>
          <span>{message.kind}</span>
          <span class="tabular">{sizeText(message.size)}</span>
        </summary>
        {open && (
          <>
            <section
              class={styles.body}
              aria-label="The message"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
              tabIndex={0}
            >
              <pre>{text.slice(0, SHOWN)}</pre>
            </section>
            {cut && <p class={styles.cut}>Only its beginning is shown.</p>}
          </>
        )}
      </details>
    </li>
  );
}

function sizeText(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
}
