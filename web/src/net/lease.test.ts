import { expect, it } from "vitest";
import { leased, type Surroundings } from "./lease";

/** Tabs of one browser on one clock that only moves while somebody pauses. */
class Browser {
  time = 1_000_000;
  kept = new Map<string, string>();
  storage: Surroundings["storage"] = {
    getItem: (key) => this.kept.get(key) ?? null,
    setItem: (key, value) => void this.kept.set(key, value),
    removeItem: (key) => void this.kept.delete(key),
  };
  private waiting: { at: number; go: () => void }[] = [];

  tab(name: string): Surroundings {
    return { storage: this.storage, now: () => this.time, pause: (ms) => this.pause(ms), tab: name };
  }

  pause(ms: number): Promise<void> {
    return new Promise((go) => this.waiting.push({ at: this.time + ms, go }));
  }

  /** Let time pass until all is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    finished.catch(() => undefined);
    for (let turn = 0; !done && turn < 5_000; turn++) {
      for (let n = 0; n < 20; n++) await Promise.resolve();
      this.waiting.sort((a, b) => a.at - b.at);
      const next = this.waiting.shift();
      if (next === undefined) continue;
      this.time = Math.max(this.time, next.at);
      next.go();
    }
    return finished;
  }
}

it("lets one tab work at a time, and all of them in the end", async () => {
  const browser = new Browser();
  let inside = 0;
  let most = 0;
  const visit = (name: string) =>
    leased("lock", browser.tab(name), async () => {
      inside += 1;
      most = Math.max(most, inside);
      await browser.pause(700);
      inside -= 1;
      return name;
    });
  const names = ["a", "b", "c", "d", "e"];
  expect(await browser.run(Promise.all(names.map(visit)))).toEqual(names);
  expect(most).toBe(1);
  expect(browser.kept.size).toBe(0);
});

it("takes over from a tab that was closed, and from a lease that a wrong clock wrote", async () => {
  for (const until of [-1, 3_000, 10_000_000]) {
    const browser = new Browser();
    browser.kept.set("lock", JSON.stringify({ tab: "closed", until: browser.time + until }));
    const begun = browser.time;
    expect(await browser.run(leased("lock", browser.tab("a"), async () => "done"))).toBe("done");
    expect(browser.time - begun).toBeLessThan(3_500);
  }
});

it("does not wait for ever", async () => {
  const browser = new Browser();
  const slow = leased("lock", browser.tab("slow"), () => browser.pause(24_000));
  const begun = browser.time;
  const ended = leased("lock", browser.tab("a"), async () => browser.time - begun);
  await browser.run(Promise.all([slow, ended]));
  expect(await ended).toBeGreaterThan(9_000);
  expect(await ended).toBeLessThan(11_000);
});

it("works without storage, with rubbish in it, and gives errors on", async () => {
  const browser = new Browser();
  const refusing = {
    ...browser.tab("a"),
    storage: {
      getItem: () => {
        throw new Error("refused");
      },
      setItem: () => {
        throw new Error("refused");
      },
      removeItem: () => undefined,
    },
  };
  expect(await browser.run(leased("lock", refusing, async () => 5))).toBe(5);
  browser.kept.set("lock", "{rubbish");
  expect(await browser.run(leased("lock", browser.tab("a"), async () => 6))).toBe(6);
  const failing = leased("lock", browser.tab("a"), () => Promise.reject(new Error("no")));
  await expect(browser.run(failing)).rejects.toThrow("no");
  expect(browser.kept.size).toBe(0);
});
