import { computed, signal } from "@preact/signals";
import type { Tokens, User } from "../contracts/generated";

/** Who is signed in on this device. `expiresAt`: Unix milliseconds of this device's clock. */
export interface SignedIn {
  user: User;
  accessToken: string;
  refreshToken: string;
  expiresAt: number;
}

const SESSION_KEY = "touchline.session";
const DEVICE_KEY = "touchline.device";

export const session = signal<SignedIn | null>(read());
export const user = computed(() => session.value?.user ?? null);

/** Why somebody who was signed in no longer is; shown once by the sign-in dialog. */
export const signedOutReason = signal<string | null>(null);

function read(): SignedIn | null {
  try {
    const stored = localStorage.getItem(SESSION_KEY);
    return stored === null ? null : (JSON.parse(stored) as SignedIn);
  } catch {
    return null;
  }
}

/** Storage refused the session: what it holds, if anything, is older than what this page has. */
let onlyHere = false;

function write(next: SignedIn | null): void {
  // Stored before anything uses it: a page that is closed or reloaded now must not lose the only good token.
  try {
    if (next === null) localStorage.removeItem(SESSION_KEY);
    else localStorage.setItem(SESSION_KEY, JSON.stringify(next));
    onlyHere = false;
  } catch {
    onlyHere = true; // Private windows may refuse storage: the session then lives as long as the page.
  }
  session.value = next;
}

export function keep(tokens: Tokens): void {
  signedOutReason.value = null;
  write({
    user: tokens.user,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    expiresAt: Date.now() + tokens.expiresIn * 1000,
  });
}

export function forget(reason: string | null = null): void {
  signedOutReason.value = reason;
  write(null);
}

/** What another tab stored meanwhile: refresh tokens rotate, so the newest is the only good one. */
export function reread(): SignedIn | null {
  const stored = onlyHere ? session.value : read();
  if (stored?.accessToken !== session.value?.accessToken) session.value = stored;
  return session.value;
}

/** This tab, among those of this browser. */
export const tab: string = freshId();

/** The guest's id on this device, so that a reload is not a second listener. */
export const device: string = (() => {
  const fresh = freshId();
  try {
    const known = localStorage.getItem(DEVICE_KEY);
    if (known !== null) return known;
    localStorage.setItem(DEVICE_KEY, fresh);
  } catch {
    // As above: the id then lives as long as the page.
  }
  return fresh;
})();

function freshId(): string {
  return crypto.randomUUID?.() ?? Array.from({ length: 32 }, randomHex).join("");
}

function randomHex(): string {
  return ((crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & 15).toString(16);
}

// The words and pads that import this are tested without a page.
if (typeof document === "object")
  addEventListener("storage", (change) => {
    if (change.key === SESSION_KEY) session.value = read();
  });
