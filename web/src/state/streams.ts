import { signal } from "@preact/signals";
import type { ActiveStream } from "../contracts/generated";
import { on } from "../net/socket";

/** Everything on air, most listeners first; null until the server said so. */
export const activeStreams = signal<readonly ActiveStream[] | null>(null);

/** Follow what is on air: the server sends it to each new connection, and again when it changes. */
export function followStreams(): () => void {
  return on("streams:active", ({ items }) => {
    activeStreams.value = [...items].sort((a, b) => b.listeners - a.listeners || a.startedAt - b.startedAt);
  });
}
