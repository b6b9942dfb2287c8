import { signal } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import type { ClientEvents, ErrorBody, ServerEvents, SessionClosing } from "../contracts/generated";
import { synchronise } from "./clock";
import { freshSession, refresh } from "./rest";
import { device, forget, session } from "./session";
import { readable } from "./words";

/**
 * `stale`: connected, but the server does not answer now. `closed`: the server asked this page to stay away.
 */
export type Link = "connecting" | "online" | "reconnecting" | "offline" | "stale" | "closed";

export type EventName = keyof ClientEvents;
type Reply<E extends EventName> = ClientEvents[E]["reply"];
type Ack<E extends EventName> = { ok: true; data: Reply<E> } | { ok: false; error: ErrorBody };

/** A negative ack, or none in time (`code: "unavailable"`). */
export class EventError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfter?: number,
    readonly ref?: string,
  ) {
    super(readable(code, message));
  }
}

interface ConnectError extends Error {
  data?: { code?: string; retryAfter?: number };
}

const ACK_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const RETRY_MS = 3_000;
const RETURN_MS = 500;

const CLOSED_REASONS: Record<string, string> = {
  session_replaced: "You signed in on another device, so this page was disconnected.",
  banned: "You were removed from this server.",
};

export const link = signal<Link>("connecting");
export const closedReason = signal<string | null>(null);

let closing: SessionClosing | null = null;
/** Whose connection this is, or is about to be: what the last CONNECT said. */
let connectingAs: string | undefined;
let heartbeatTimer: ReturnType<typeof setTimeout> | undefined;
/** What is done on each connection: `due` until it has been done on the present one. */
const errands = new Set<Errand>();
/** Rooms that were left while there was no connection: one that is recovered is still in them. */
const departures = new Set<() => void>();

/** Says false if it could not be done and shall be tried again. */
type Run = () => unknown | Promise<boolean>;

interface Errand {
  readonly run: Run;
  due: boolean;
  turn: number;
}

const socket: Socket = io("/streaming", {
  path: "/socket.io",
  autoConnect: false,
  reconnectionDelay: RETURN_MS,
  reconnectionDelayMax: 8_000,
  randomizationFactor: 0.5,
  auth: (answer) => {
    void freshSession().then((current) => {
      connectingAs = current?.user.id;
      answer(current === null ? { device } : { token: current.accessToken, device });
    });
  },
});

socket.on("connect", () => {
  if (connectingAs !== session.peek()?.user.id) {
    reconnect(); // Somebody signed in or out while the CONNECT was on its way.
    return;
  }
  closing = null;
  closedReason.value = null;
  socket.io.reconnectionDelay(RETURN_MS);
  link.value = "online";
  void beat();
  // A recovered connection is still in its rooms and gets what it missed; any other one starts afresh.
  const left = [...departures];
  departures.clear();
  if (socket.recovered) for (const leaveAgain of left) leaveAgain();
  else for (const errand of errands) errand.due = true;
  for (const errand of errands) if (errand.due) void doErrand(errand);
});

socket.on("disconnect", (reason) => {
  clearTimeout(heartbeatTimer);
  if (reason === "io client disconnect") return;
  if (reason !== "io server disconnect") {
    link.value = away();
    return;
  }
  if (closing?.code === "token_expired" || closing?.code === "draining") {
    socket.connect();
    return;
  }
  const ended = closing?.code ?? "";
  if (ended === "session_replaced" || ended === "banned") forget(CLOSED_REASONS[ended]);
  closedReason.value = CLOSED_REASONS[closing?.code ?? ""] ?? "The server closed the connection.";
  link.value = "closed";
});

socket.on("connect_error", (error: ConnectError) => {
  link.value = away();
  const token = session.peek()?.accessToken;
  const code = error.data?.code;
  if (code === "session_replaced") {
    forget(CLOSED_REASONS.session_replaced);
    socket.connect();
  } else if ((code === "token_expired" || code === "unauthorized") && token !== undefined) {
    void refresh(token)
      .then(() => socket.connect())
      .catch(() => setTimeout(() => socket.connect(), RETRY_MS));
  } else if (!socket.active) {
    // Refused by the server and not retried by the client: come back when it may have changed its mind.
    setTimeout(() => socket.connect(), (error.data?.retryAfter ?? RETRY_MS / 1000) * 1000);
  }
});

socket.on("session:closing", (event: SessionClosing) => {
  closing = event;
  // The server spreads its clients over time; they must not all return at once.
  if (event.retryAfterMs !== undefined) socket.io.reconnectionDelay(event.retryAfterMs);
});

socket.on("session:expiring", () => {
  const token = session.peek()?.accessToken;
  if (token === undefined) return;
  void refresh(token)
    .then((renewed) => renewed && request("session:renew", { token: renewed.accessToken }))
    .catch(() => undefined); // The server then closes the session, and the next CONNECT brings a fresh token.
});

function away(): Link {
  return navigator.onLine ? (link.peek() === "connecting" ? "connecting" : "reconnecting") : "offline";
}

async function beat(): Promise<void> {
  clearTimeout(heartbeatTimer);
  const sentAt = Date.now();
  try {
    const reply = await request("heartbeat", { sentAt }, HEARTBEAT_TIMEOUT_MS);
    synchronise({ sentAt, serverTime: reply.serverTime, answeredAt: Date.now() });
    if (socket.connected) link.value = "online";
  } catch {
    if (socket.connected) link.value = "stale";
  }
  clearTimeout(heartbeatTimer);
  heartbeatTimer = setTimeout(
    () => void beat(),
    link.peek() === "stale" ? HEARTBEAT_TIMEOUT_MS : HEARTBEAT_MS,
  );
}

// The words and pads that import this are tested without a page.
if (typeof document === "object") {
  addEventListener("online", () => {
    if (!socket.connected && link.peek() !== "closed") {
      link.value = "reconnecting";
      socket.disconnect().connect();
    }
  });
  addEventListener("offline", () => {
    link.value = "offline";
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && socket.connected) void beat();
  });
}

session.subscribe((current) => {
  // A CONNECT that is still to be sent reads the session by itself; to break it off here would lose it.
  if (socket.connected ? current?.user.id !== connectingAs : link.peek() === "closed" && current !== null)
    reconnect();
});

export function connect(): void {
  socket.connect();
}

/** This page's connection, as the server knows it; undefined while there is none. */
export function connectionId(): string | undefined {
  return socket.id;
}

/** Leave and come back, as somebody else or after the server closed the connection. */
export function reconnect(): void {
  link.value = "connecting";
  socket.disconnect().connect();
}

/** Send one event; resolves with the ack's data, throws `EventError`. */
export async function request<E extends EventName>(
  event: E,
  payload: ClientEvents[E]["payload"],
  timeout = ACK_TIMEOUT_MS,
): Promise<Reply<E>> {
  if (!socket.connected) throw new EventError("unavailable", "Not connected. This is tried again by itself.");
  let ack: Ack<E>;
  try {
    ack = await socket.timeout(timeout).emitWithAck(event, payload);
  } catch {
    throw new EventError("unavailable", "The server did not answer in time. Try again.");
  }
  if (ack.ok) return ack.data;
  throw new EventError(ack.error.code, ack.error.message, ack.error.retryAfter, ack.error.ref);
}

/** Listen to a server event; the returned function ends it. Never more than the payload reaches the handler. */
export function on<E extends keyof ServerEvents>(
  event: E,
  handler: (payload: ServerEvents[E]) => void,
): () => void {
  const first = (payload: ServerEvents[E]) => handler(payload);
  socket.on(event as string, first);
  return () => socket.off(event as string, first);
}

/** Leave a room. */
export function leave(
  event: "stream:leave" | "match:leave",
  payload: ClientEvents[typeof event]["payload"],
): void {
  const attempt = () =>
    void request(event, payload).catch((error) => {
      if (error instanceof EventError && error.code === "unavailable") departures.add(attempt);
    });
  attempt();
}

/** Run once on this connection, and on every later one that was not recovered; the returned function ends it. */
export function whenConnected(run: Run): () => void {
  const errand: Errand = { run, due: true, turn: 0 };
  errands.add(errand);
  if (socket.connected) void doErrand(errand);
  return () => errands.delete(errand);
}

async function doErrand(errand: Errand): Promise<void> {
  errand.due = false;
  errand.turn += 1;
  const { turn } = errand;
  if ((await errand.run()) !== false || turn !== errand.turn) return;
  errand.due = true;
  // Without a connection the next one does it; with one, the server may be able to in a moment.
  setTimeout(() => {
    if (errands.has(errand) && errand.due && socket.connected) void doErrand(errand);
  }, RETRY_MS);
}
