/** Between two of them a crowd's messages are gathered: ten pictures of a chat in a second are as many as one reads. */
export const EVERY_MS = 100;
/** A tab in the background gets few turns; it keeps no more than this for one of them. */
export const BATCH_BOUND = 200;

export type Schedule = (run: () => void) => void;

/** The next frame, or a moment later where no frames are drawn. */
const nextFrame: Schedule = (run) => {
  setTimeout(() => {
    if (document.visibilityState === "visible") requestAnimationFrame(run);
    else run();
  }, EVERY_MS);
};

/** Gathers what comes in quick succession: `take` gets all of it together, in order; `flush` hands over at once. */
export function batched<T>(take: (items: readonly T[]) => void, schedule: Schedule = nextFrame) {
  let waiting: T[] = [];
  let turn = 0;
  const flush = () => {
    turn += 1;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    take(items);
  };
  const add = (item: T) => {
    waiting.push(item);
    if (waiting.length >= BATCH_BOUND) return flush();
    if (waiting.length > 1) return;
    const mine = turn;
    schedule(() => mine === turn && flush());
  };
  return { add, flush };
}
