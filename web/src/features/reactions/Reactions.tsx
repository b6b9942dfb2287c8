import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { InteractionCounts, SendInteraction } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Icon, type IconName } from "../../design/Icon";
import { notify, notifyError } from "../../design/Toast";
import { user } from "../../net/session";
import { request } from "../../net/socket";
import type { ChannelRoom } from "../../state/rooms";
import { askToSignIn } from "../account/SignIn";
import styles from "./Reactions.module.css";

const EMOJI = ["🔥", "👏", "😂", "😮", "😢", "🎉"] as const;

const DONE_KEY = "touchline.done";
/** What this device remembers of its likes and favourites: the last so many. */
const DONE_BOUND = 100;

const done = signal<readonly string[]>(readDone());

function readDone(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(DONE_KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter((entry) => typeof entry === "string") : [];
  } catch {
    return [];
  }
}

function remember(entry: string): void {
  done.value = [...done.value.filter((known) => known !== entry), entry].slice(-DONE_BOUND);
  try {
    localStorage.setItem(DONE_KEY, JSON.stringify(done.value));
  } catch {
    // Without storage it lasts as long as the page.
  }
}

async function interact(room: ChannelRoom, what: Omit<SendInteraction, "channelId">): Promise<boolean> {
  const channelId = room.state.peek().channel?.id;
  if (channelId === undefined) return false;
  if (user.peek() === null) {
    askToSignIn("Sign in to react.");
    return false;
  }
  try {
    const payload = await request("interaction:send", { channelId, ...what });
    room.apply({ event: "interaction:counts", payload });
    return true;
  } catch (error) {
    notifyError(error);
    return false;
  }
}

/** Like, favourite, share, and the emoji that fly. Only while the channel is on air. */
export function Reactions({ room }: { room: ChannelRoom }) {
  const { stream, interactions, channel } = room.parts;
  if (stream === null || channel === null) return null;
  const liked = `like:${stream.streamId}`;
  const favourite = `favorite:${stream.streamId}`;
  const once = (type: "like" | "favorite", entry: string) => {
    if (!done.peek().includes(entry)) void interact(room, { type }).then((ok) => ok && remember(entry));
  };
  return (
    <div class={styles.bar}>
      <Counter
        icon="heart"
        label="Like"
        count={interactions?.likes ?? 0}
        pressed={done.value.includes(liked)}
        onClick={() => once("like", liked)}
      />
      <Counter
        icon="star"
        label="Favourite"
        count={interactions?.favorites ?? 0}
        pressed={done.value.includes(favourite)}
        onClick={() => once("favorite", favourite)}
      />
      <Counter
        icon="share"
        label="Share"
        count={interactions?.shares ?? 0}
        onClick={() => void share(room, channel.name)}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a legend and a form's meaning */}
      <div class={styles.emoji} role="group" aria-label="React">
        {EMOJI.map((emoji) => (
          <button
            key={emoji}
            type="button"
            aria-label={`React with ${emoji}`}
            onClick={() => void interact(room, { type: "reaction", emoji })}
          >
            {emoji}
          </button>
        ))}
        <Flight counts={interactions} />
      </div>
    </div>
  );
}

async function share(room: ChannelRoom, name: string): Promise<void> {
  const url = location.href;
  try {
    if (navigator.share !== undefined) await navigator.share({ title: name, url });
    else {
      await navigator.clipboard.writeText(url);
      notify("Link copied.");
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    notify(`Share this link: ${url}`);
  }
  if (user.peek() !== null) await interact(room, { type: "share" });
}

interface CounterProps {
  icon: IconName;
  label: string;
  count: number;
  pressed?: boolean;
  onClick: () => void;
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });

function Counter({ icon, label, count, pressed, onClick }: CounterProps) {
  return (
    <button
      type="button"
      class={classes(styles.counter, pressed && styles.pressed)}
      aria-pressed={pressed}
      aria-label={`${label}, ${count} so far`}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} size={18} solid={pressed === true} />
      <span class="tabular">{COMPACT.format(count)}</span>
    </button>
  );
}

interface Flying {
  id: number;
  emoji: string;
  left: number;
  delay: number;
}

/** More at once is confetti that nobody can read, and work for an old phone. */
const FLYING_BOUND = 24;
const FLIGHT_MS = 2_600;

/** Shows the reactions of the last interval rise from the bar. */
function Flight({ counts }: { counts: InteractionCounts | null }) {
  const [flying, setFlying] = useState<readonly Flying[]>([]);
  const next = useRef(0);
  const opened = useRef(counts);
  useEffect(() => {
    if (counts === null || counts === opened.current) return;
    opened.current = counts;
    const fresh = Object.entries(counts.recent).flatMap(([emoji, count]) =>
      Array.from({ length: Math.min(count, 6) }, () => {
        next.current += 1;
        return { id: next.current, emoji, left: Math.random() * 100, delay: Math.random() * 400 };
      }),
    );
    if (fresh.length === 0) return;
    setFlying((now) => [...now, ...fresh].slice(-FLYING_BOUND));
    setTimeout(() => setFlying((now) => now.filter((one) => !fresh.includes(one))), FLIGHT_MS + 400);
  }, [counts]);
  return (
    <span class={styles.flight} aria-hidden="true">
      {flying.map((one) => (
        <i key={one.id} style={{ left: `${one.left}%`, animationDelay: `${one.delay}ms` }}>
          {one.emoji}
        </i>
      ))}
    </span>
  );
}
