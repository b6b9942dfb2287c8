import { useEffect, useState } from "preact/hooks";
import type { SourceRefusal } from "../contracts/generated";
import { api } from "../net/rest";
import { on, whenConnected } from "../net/socket";
import { asSentence } from "../net/words";
import styles from "./Refusals.module.css";

const SHOWN = 3;

/** Why software was not let in or was thrown out lately: its own messages are often no help. */
export function Refusals({ channelId }: { channelId: string }) {
  const [items, setItems] = useState<readonly SourceRefusal[]>([]);
  useEffect(() => {
    const load = () =>
      void api.sourceRefusals(channelId).then(
        ({ items }) => setItems(items),
        () => undefined, // The list is a help, not a need: it comes with the next refusal.
      );
    const ends = [
      whenConnected(load),
      on("source:refused", (refusal) => {
        if (refusal.channelId === channelId) load();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [channelId]);
  if (items.length === 0) return null;
  return (
    <section class={styles.refusals} aria-label="Refused sources">
      <h3>Refused lately</h3>
      <ul aria-live="polite">
        {items.slice(0, SHOWN).map((one) => (
          <li key={`${one.at} ${one.code} ${one.address}`}>
            <p>
              {asSentence(one.reason)}
              {one.count > 1 && ` (${one.count.toLocaleString("en")} times)`}
            </p>
            <p class={styles.who}>
              {new Date(one.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}
              {`, ${one.client} from ${one.address}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
