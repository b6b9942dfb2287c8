import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../design/Button";
import { classes } from "../../design/classes";
import { Empty } from "../../design/Empty";
import { Icon } from "../../design/Icon";
import { serverNow } from "../../net/clock";
import { user } from "../../net/session";
import { EventError, link, request } from "../../net/socket";
import { type ChatItem, chatReducer, codePoints } from "../../state/chat";
import type { ChannelRoom } from "../../state/rooms";
import { askToSignIn } from "../account/SignIn";
import styles from "./Chat.module.css";
import { partsOf } from "./links";

/** How near to the end counts as reading along. */
const NEAR_PX = 80;

/** Messages on the page at once; scrolling back shows as many more each time. */
export const SHOWN = 80;

/** A message as it was drawn: given again unchanged, nothing of it is looked at. */
interface Row {
  continued: boolean;
  host: boolean;
  drawn: JSX.Element;
}

/** The chat of a channel: everybody reads, those signed in write. */
export function Chat({ room, ownerId }: { room: ChannelRoom; ownerId?: string | undefined }) {
  const { chat, channel } = room.parts;
  const list = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  /** The oldest message on the page while somebody reads back; nothing moves under the eyes then. */
  const [from, setFrom] = useState<string | null>(null);
  const first = from === null ? -1 : chat.items.findIndex(({ id }) => id === from);
  const start = follows ? Math.max(0, chat.items.length - SHOWN) : Math.max(0, first);
  const shown = chat.items.slice(start);
  const rows = useRef(new WeakMap<ChatItem, Row>());
  useEffect(() => {
    const element = list.current;
    if (element === null || !follows) return;
    // After the layout and before it is painted, so that reading its height costs no other layout.
    const watch = new ResizeObserver(() => element.scrollTo({ top: element.scrollHeight }));
    for (const sized of [element, ...element.children]) watch.observe(sized);
    return () => watch.disconnect();
  }, [follows]);
  const onScroll = () => {
    const element = list.current;
    if (element === null) return;
    const along = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    setFollows(along);
    if (along) setFrom(null);
    else if (element.scrollTop < NEAR_PX && start > 0) {
      // A browser keeps what is read in its place when older rows come above it, but not at the very top.
      if (element.scrollTop === 0) element.scrollTop = 1;
      setFrom(chat.items[Math.max(0, start - SHOWN)]?.id ?? null);
    } else if (follows) setFrom(shown[0]?.id ?? null);
  };
  return (
    <section class={styles.panel} aria-labelledby="chat">
      <h2 id="chat">Chat</h2>
      <div class={styles.scroller}>
        <div
          ref={list}
          class={styles.list}
          onScroll={onScroll}
          data-follows={follows}
          role="log"
          aria-label="Conversation"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
        >
          <ol>
            {shown.map((item, index) => {
              const continued = isContinued(chat.items[start + index - 1], item);
              const host = item.user.id === (ownerId ?? channel?.ownerId);
              const known = rows.current.get(item);
              if (known !== undefined && known.continued === continued && known.host === host)
                return known.drawn;
              const drawn = (
                <Message
                  key={item.clientId + item.user.id}
                  item={item}
                  room={room}
                  continued={continued}
                  host={host}
                />
              );
              rows.current.set(item, { continued, host, drawn });
              return drawn;
            })}
          </ol>
        </div>
        {chat.items.length === 0 && (
          <div class={styles.empty}>
            <Empty icon="chat" title="Quiet so far" compact>
              <p>Say hello. Everybody who listens sees it.</p>
            </Empty>
          </div>
        )}
        {!follows && (
          <div class={styles.jump}>
            <Button
              onClick={() => {
                setFrom(null);
                setFollows(true);
              }}
            >
              Newest messages
            </Button>
          </div>
        )}
      </div>
      {user.value === null ? (
        <div class={styles.guest}>
          <p>Sign in to join the conversation.</p>
          <Button onClick={() => askToSignIn("Sign in to write in the chat.")}>Sign in</Button>
        </div>
      ) : (
        <Composer room={room} onSent={() => setFollows(true)} />
      )}
    </section>
  );
}

const CONTINUED_MS = 120_000;

/** Whether two messages belong together: the same person, soon after. */
function isContinued(before: ChatItem | undefined, item: ChatItem): boolean {
  return before !== undefined && before.user.id === item.user.id && item.at - before.at < CONTINUED_MS;
}

interface MessageProps {
  item: ChatItem;
  room: ChannelRoom;
  continued: boolean;
  host: boolean;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function Message({ item, room, continued, host }: MessageProps) {
  const role = host ? "Host" : item.user.role === "admin" ? "Admin" : null;
  return (
    <li
      class={classes(styles.message, continued && styles.continued, item.delivery && styles[item.delivery])}
      aria-busy={item.delivery === "sending" || undefined}
    >
      {!continued && (
        <p class={styles.who}>
          <b>{item.user.displayName}</b>
          {role !== null && <span class={styles.role}>{role}</span>}
          <time dateTime={new Date(item.at).toISOString()}>{TIME.format(item.at)}</time>
        </p>
      )}
      <p class={styles.text}>
        {partsOf(item.text).map((part, index) =>
          typeof part === "string" ? (
            part
          ) : (
            <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
              <bdi>{part.text}</bdi>
            </a>
          ),
        )}
      </p>
      {item.delivery === "failed" && (
        <p class={styles.error} role="alert">
          <Icon name="alert" size={14} />
          {item.error}
          <button type="button" onClick={() => void deliver(room, item.text, item.clientId, "retry")}>
            Send again
          </button>
          <button type="button" onClick={() => change(room, { type: "discard", clientId: item.clientId })}>
            Discard
          </button>
        </p>
      )}
    </li>
  );
}

type Local = Extract<Parameters<typeof chatReducer>[1], { type: "send" | "failed" | "retry" | "discard" }>;

function change(room: ChannelRoom, action: Local): void {
  const state = room.state.peek();
  room.state.value = { ...state, chat: chatReducer(state.chat, action) };
}

async function deliver(
  room: ChannelRoom,
  text: string,
  clientId: string,
  how: "send" | "retry",
): Promise<void> {
  const channelId = room.state.peek().channel?.id;
  const me = user.peek();
  if (channelId === undefined || me === null) return;
  if (how === "retry") change(room, { type: "retry", clientId });
  else change(room, { type: "send", text, clientId, channelId, user: me, at: serverNow() });
  try {
    const payload = await request("chat:send", { channelId, text, clientId });
    room.apply({ event: "chat:message", payload });
  } catch (error) {
    const message = error instanceof EventError ? error.message : "Not sent.";
    change(room, { type: "failed", clientId, error: message });
  }
}

/** From here on the room that is left is said. */
const WARN_BELOW = 100;

function Composer({ room, onSent }: { room: ChannelRoom; onSent: () => void }) {
  const [text, setText] = useState("");
  const { maxLength } = room.parts.chat.settings;
  const left = maxLength - codePoints(text);
  const sendable = text.trim() !== "" && left >= 0 && link.value === "online";
  const submit = (event: Event) => {
    event.preventDefault();
    if (!sendable) return;
    void deliver(room, text.trim(), freshId(), "send");
    setText("");
    onSent();
  };
  return (
    <form class={styles.composer} onSubmit={submit}>
      <textarea
        aria-label="Message"
        aria-invalid={left < 0}
        placeholder="Write a message"
        rows={1}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
        }}
      />
      {left < WARN_BELOW && (
        <output class={classes("tabular", left < 0 && styles.over)} aria-label="Characters left">
          {left}
        </output>
      )}
      <IconButton icon="send" label="Send" type="submit" disabled={!sendable} />
    </form>
  );
}

function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
