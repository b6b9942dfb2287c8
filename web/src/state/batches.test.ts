import { describe, expect, it } from "vitest";
import { BATCH_BOUND, batched } from "./batches";

function gathered() {
  const taken: number[][] = [];
  const due: (() => void)[] = [];
  const batch = batched<number>(
    (items) => taken.push([...items]),
    (run) => due.push(run),
  );
  return { taken, batch, frame: () => due.splice(0).forEach((run) => void run()) };
}

describe("what comes in quick succession", () => {
  it("is taken together, once a frame, in order", () => {
    const { taken, batch, frame } = gathered();
    for (const n of [1, 2, 3]) batch.add(n);
    expect(taken).toEqual([]);
    frame();
    batch.add(4);
    frame();
    frame();
    expect(taken).toEqual([[1, 2, 3], [4]]);
  });
  it("is handed over before what comes next, and not twice", () => {
    const { taken, batch, frame } = gathered();
    batch.add(1);
    batch.flush();
    batch.add(2);
    frame();
    frame();
    expect(taken).toEqual([[1], [2]]);
  });
  it("waits for no frame when it is much", () => {
    const { taken, batch } = gathered();
    for (let n = 0; n < BATCH_BOUND; n += 1) batch.add(n);
    expect(taken.map(({ length }) => length)).toEqual([BATCH_BOUND]);
  });
});
