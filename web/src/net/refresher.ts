import type { Tokens } from "../contracts/generated";
import type { SignedIn } from "./session";

/** What refreshing needs. */
export interface RefresherParts {
  /** One tab at a time. */
  exclusively: (work: () => Promise<SignedIn | null>) => Promise<SignedIn | null>;
  /** The session that is stored now, perhaps by another tab. */
  reread: () => SignedIn | null;
  /** Ask the server; throws when there is no answer. */
  ask: (refreshToken: string) => Promise<Response>;
  read: (response: Response) => Promise<Tokens>;
  /** Store a new pair, before anything uses it. */
  keep: (tokens: Tokens) => void;
  forget: (reason: string) => void;
  /** What a refusal says. */
  failure: (response: Response) => Promise<Error>;
  pause: (ms: number) => Promise<void>;
}

/** Answers to a refresh that another try would not change; 400 is for what is no token at all. */
const FINAL = new Set([400, 401, 403]);
/** No answer of the server itself: the request may have been carried out all the same. */
const LOST = new Set([502, 503, 504]);
/**
 * Pauses before another try. The answer to a refresh that was carried out can be asked for again within 30 seconds; all
 * tries together, each of at most `TRY_MS`, take less.
 */
const AGAIN_MS = [1_000, 2_000];
export const TRY_MS = 7_000;

/** A function that gives a new pair of tokens in place of the one that failed; null when the server refuses. */
export function refresher(parts: RefresherParts): (failedToken: string) => Promise<SignedIn | null> {
  let refreshing: Promise<SignedIn | null> | null = null;

  async function patiently(refreshToken: string): Promise<Response> {
    for (const pause of AGAIN_MS) {
      const response = await parts.ask(refreshToken).catch(() => null);
      if (response !== null && !LOST.has(response.status)) return response;
      await parts.pause(pause);
    }
    return parts.ask(refreshToken);
  }

  async function work(failedToken: string): Promise<SignedIn | null> {
    const current = parts.reread();
    if (current === null || current.accessToken !== failedToken) return current;
    const response = await patiently(current.refreshToken);
    if (response.ok) {
      parts.keep(await parts.read(response));
      return parts.reread();
    }
    if (!FINAL.has(response.status)) throw await parts.failure(response);
    const stored = parts.reread();
    if (stored !== null && stored.refreshToken !== current.refreshToken) return stored; // another tab's is good
    parts.forget("Your session ended. Please sign in again.");
    return null;
  }

  return (failedToken) => {
    refreshing ??= parts
      .exclusively(() => work(failedToken))
      .finally(() => {
        refreshing = null;
      });
    return refreshing;
  };
}
