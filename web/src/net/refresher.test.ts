import { expect, it } from "vitest";
import type { Tokens } from "../contracts/generated";
import { refresher } from "./refresher";
import type { SignedIn } from "./session";

/** A server that gives the same answer again, and tabs that share one storage. */
class World {
  stored: SignedIn | null = signedIn(0);
  asked: string[] = [];
  log: string[] = [];
  /** What becomes of the next requests: lost after the server worked, an answer's status, or as it should be. */
  fate: ("lost" | "offline" | number)[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  tab() {
    return refresher({
      exclusively: (work) => {
        const mine = this.turn.then(work);
        this.turn = mine.catch(() => undefined);
        return mine;
      },
      reread: () => this.stored,
      ask: async (token) => {
        const fate = this.fate.shift();
        if (fate === "offline") throw new Error("network");
        this.asked.push(token);
        if (fate === "lost") throw new Error("network");
        if (fate !== undefined) return new Response("{}", { status: fate });
        return new Response(JSON.stringify(tokens(Number(token.slice(1)) + 1)));
      },
      read: async (response) => (await response.json()) as Tokens,
      keep: ({ user, accessToken, refreshToken }) => {
        this.log.push(`keep ${refreshToken}`);
        this.stored = { user, accessToken, refreshToken, expiresAt: 0 };
      },
      forget: (reason) => {
        this.log.push(reason);
        this.stored = null;
      },
      failure: async (response) => new Error(String(response.status)),
      pause: async (ms) => void this.log.push(`pause ${ms}`),
    });
  }
}

const user = {
  id: "u",
  email: "e",
  displayName: "n",
  role: "owner",
  createdAt: 0,
} as unknown as Tokens["user"];
const tokens = (n: number) =>
  ({ user, accessToken: `a${n}`, refreshToken: `r${n}`, expiresIn: 600 }) as Tokens;
const signedIn = (n: number) =>
  ({ user, accessToken: `a${n}`, refreshToken: `r${n}`, expiresAt: 0 }) as SignedIn;

it("refreshes once for all that ask at once, in one tab and in several", async () => {
  const world = new World();
  const tabs = [world.tab(), world.tab(), world.tab()];
  const renewed = await Promise.all(tabs.flatMap((refresh) => [refresh("a0"), refresh("a0")]));
  expect(new Set(renewed.map((one) => one?.accessToken))).toEqual(new Set(["a1"]));
  expect(world.asked).toEqual(["r0"]);
});

it("asks again with the same token when the answer was lost", async () => {
  const world = new World();
  world.fate = ["lost", 502];
  expect((await world.tab()("a0"))?.refreshToken).toBe("r1");
  expect(world.asked).toEqual(["r0", "r0", "r0"]);
  expect(world.log).toEqual(["pause 1000", "pause 2000", "keep r1"]);
});

it("keeps the session while nothing answers, and goes on later", async () => {
  const world = new World();
  world.fate = ["offline", "offline", "offline", 503, 503, 503, 429];
  const refresh = world.tab();
  await expect(refresh("a0")).rejects.toThrow("network");
  await expect(refresh("a0")).rejects.toThrow("503");
  await expect(refresh("a0")).rejects.toThrow("429");
  expect(world.stored?.refreshToken).toBe("r0");
  expect((await refresh("a0"))?.refreshToken).toBe("r1");
});

it("signs out when the server refuses, unless another tab has a newer pair", async () => {
  const world = new World();
  world.fate = [401];
  expect(await world.tab()("a0")).toBeNull();
  expect(world.log).toEqual(["Your session ended. Please sign in again."]);

  const other = new World();
  const refresh = refresher({
    exclusively: (work) => work(),
    reread: () => other.stored,
    ask: async () => {
      other.stored = signedIn(7); // meanwhile
      return new Response("{}", { status: 401 });
    },
    read: async () => tokens(0),
    keep: () => undefined,
    forget: () => other.log.push("forgotten"),
    failure: async () => new Error(),
    pause: async () => undefined,
  });
  expect((await refresh("a0"))?.accessToken).toBe("a7");
  expect(other.log).toEqual([]);
});

it("takes what another tab has stored without asking", async () => {
  const world = new World();
  world.stored = signedIn(3);
  expect((await world.tab()("a0"))?.accessToken).toBe("a3");
  expect(world.asked).toEqual([]);
});
