import type {
  AuditEntry,
  AuthoredPage,
  ChannelDetail,
  ChannelInfo,
  CorrectEvent,
  CreateFeed,
  CreateMatch,
  EditMatch,
  EventOp,
  EventPage,
  Feed,
  FeedPage,
  IngestResult,
  Match,
  MatchEvent,
  MatchPage,
  MatchSetup,
  MatchSnapshot,
  MatchStatistics,
  MatchTimeline,
  RawPage,
  ScoreAlertPage,
  SourceRefusals,
  Tokens,
  TrackRecord,
} from "../contracts/generated";
import { leased } from "./lease";
import { refresher, TRY_MS } from "./refresher";
import { forget, keep, reread, type SignedIn, session, tab } from "./session";
import { readable } from "./words";

/** A problem+json answer, or the sentence for a server that did not answer at all (`code: "network"`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfter?: number,
    /** What is wrong with single fields, by their name in the request. */
    readonly fields: ReadonlyMap<string, string> = new Map(),
  ) {
    super(message);
  }
}

interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  retryAfter?: number;
  errors?: { key?: string; message?: string }[];
}

export interface Items<T> {
  items: T[];
  next?: string;
}

/** What a new channel needs; everything else has its default. */
export interface NewChannel {
  slug: string;
  name: string;
  description: string;
}

/** What can be changed of a channel; its address stays. An empty `artworkUrl` takes the picture away. */
export interface EditChannel {
  name?: string;
  description?: string;
  language?: string;
  artworkUrl?: string;
  autoLive?: boolean;
}

/** Which event, where a provider's own id may hold anything. */
interface EventName {
  eventId: string;
  provider: string;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/** REST writes moments as RFC 3339, events as Unix milliseconds: here they all become the latter. */
export function reviveInstants(key: string, value: unknown): unknown {
  const moment = typeof value === "string" && (key === "at" || key.endsWith("At")) && RFC3339.test(value);
  return moment ? Date.parse(value) : value;
}

async function send(
  method: string,
  path: string,
  body: unknown,
  token: string | undefined,
  signal: AbortSignal | null = null,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  try {
    return await fetch(`/api${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
  } catch {
    throw new ApiError(0, "network", "The server cannot be reached. Check your connection and try again.");
  }
}

async function failure(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const code = problem.code ?? "internal";
  const fields = (problem.errors ?? []).filter(({ message }) => message !== undefined);
  const said =
    fields.length > 0 ? [...new Set(fields.map(({ message }) => message))].join(" ") : problem.detail;
  const byField = new Map(fields.map(({ key, message }) => [key ?? "", readable(code, message)]));
  return new ApiError(response.status, code, readable(code, said), problem.retryAfter, byField);
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const token = (await freshSession())?.accessToken;
  let response = await send(method, path, body, token);
  if (response.status === 401 && token !== undefined) {
    const renewed = await refresh(token);
    if (renewed !== null) response = await send(method, path, body, renewed.accessToken);
  }
  if (!response.ok) throw await failure(response);
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text, reviveInstants)) as T;
}

/** To name `localStorage` may throw already, where it is refused. */
const storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
};

/** Some milliseconds, or until another tab has stored something. */
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    const done = () => {
      removeEventListener("storage", done);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("storage", done);
  });

/** A new pair of tokens in place of the one that failed; null (and signed out) when the server refuses. */
export const refresh = refresher({
  exclusively: (work) =>
    navigator.locks === undefined
      ? leased("touchline.refresh", { storage, now: Date.now, pause, tab }, work)
      : navigator.locks.request("touchline.refresh", work),
  reread,
  ask: (refreshToken) =>
    send("POST", "/auth/refresh", { refreshToken }, undefined, AbortSignal.timeout(TRY_MS)),
  read: async (response) => JSON.parse(await response.text(), reviveInstants) as Tokens,
  keep,
  forget,
  failure,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

/** The session with a token that is good for at least some seconds more. */
export async function freshSession(): Promise<SignedIn | null> {
  const current = session.value;
  if (current === null || current.expiresAt - Date.now() > 10_000) return current;
  return refresh(current.accessToken).catch(() => session.value);
}

export async function login(email: string, password: string): Promise<Tokens> {
  const response = await send("POST", "/auth/login", { email, password }, undefined);
  if (!response.ok) throw await failure(response);
  const tokens = JSON.parse(await response.text(), reviveInstants) as Tokens;
  keep(tokens);
  return tokens;
}

export async function logout(): Promise<void> {
  const current = session.value;
  forget();
  if (current !== null)
    await send("POST", "/auth/logout", { refreshToken: current.refreshToken }, current.accessToken).catch(
      () => undefined, // The token ends by itself; being offline must not keep anyone signed in here.
    );
}

type Value = string | number | readonly string[] | undefined;

function query(parameters: Record<string, Value>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (typeof value === "object") for (const one of value) search.append(name, one);
    else if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const segment = encodeURIComponent;

/** The place in a list from which the next page goes on. */
interface PageQuery {
  before?: string | undefined;
  limit?: number;
}

/** Which matches; `from` (included) and `to` (not included) are moments as RFC 3339 writes them. */
export interface MatchFilter {
  sport?: string;
  status?: string | readonly string[];
  competition?: string;
  from?: string;
  to?: string;
  text?: string | undefined;
  before?: string | undefined;
  limit?: number;
}

export const api = {
  channels: () => call<Items<ChannelInfo>>("GET", "/channels"),
  myChannels: () => call<Items<ChannelInfo>>("GET", "/channels?mine=true"),
  channel: (idOrSlug: string) => call<ChannelDetail>("GET", `/channels/${segment(idOrSlug)}`),
  editChannel: (id: string, changes: EditChannel) =>
    call<ChannelDetail>("PATCH", `/channels/${segment(id)}`, changes),
  deleteChannel: (id: string) => call<null>("DELETE", `/channels/${segment(id)}`),
  createChannel: (channel: NewChannel) => call<ChannelDetail>("POST", "/channels", channel),
  renewSourcePassword: (id: string) =>
    call<ChannelDetail>("POST", `/channels/${segment(id)}/source/password`),
  sourceRefusals: (id: string) => call<SourceRefusals>("GET", `/channels/${segment(id)}/source/refusals`),
  history: (id: string) => call<Items<TrackRecord>>("GET", `/channels/${segment(id)}/history`),
  matches: (filter: MatchFilter = {}) => call<MatchPage>("GET", `/matches${query({ ...filter })}`),
  myMatches: (filter: MatchFilter = {}) => call<MatchPage>("GET", `/matches/mine${query({ ...filter })}`),
  createMatch: (match: CreateMatch) => call<Match>("POST", "/matches", match),
  editMatch: (id: string, edit: EditMatch) => call<Match>("PATCH", `/matches/${segment(id)}`, edit),
  deleteMatch: (id: string) => call<null>("DELETE", `/matches/${segment(id)}?force=true`),
  matchSetup: (id: string) => call<MatchSetup>("GET", `/matches/${segment(id)}/setup`),
  matchAuthors: (id: string, after: number) =>
    call<AuthoredPage>("GET", `/matches/${segment(id)}/authors${query({ after })}`),
  enterEvents: (id: string, ops: readonly EventOp[]) =>
    call<IngestResult>("POST", `/matches/${segment(id)}/events`, ops),
  correctEvent: (id: string, event: EventName, correction: CorrectEvent) =>
    call<MatchEvent>("PATCH", `/matches/${segment(id)}/events${query({ ...event })}`, correction),
  withdrawEvent: (id: string, event: EventName, reason: string) =>
    call<MatchEvent>("DELETE", `/matches/${segment(id)}/events${query({ ...event, reason })}`),
  matchSnapshot: (id: string) => call<MatchSnapshot>("GET", `/matches/${segment(id)}/snapshot`),
  matchEvents: (id: string, page: { before?: string; limit?: number }) =>
    call<EventPage>("GET", `/matches/${segment(id)}/events${query(page)}`),
  matchTimeline: (id: string) => call<MatchTimeline>("GET", `/matches/${segment(id)}/timeline`),
  matchStatistics: (id: string) => call<MatchStatistics>("GET", `/matches/${segment(id)}/statistics`),
  audit: (page: PageQuery = {}) => call<Items<AuditEntry>>("GET", `/admin/audit${query({ ...page })}`),
  feeds: (page: PageQuery & { health?: string | undefined } = {}) =>
    call<FeedPage>("GET", `/admin/feeds${query({ ...page })}`),
  feed: (id: string) => call<Feed>("GET", `/admin/feeds/${segment(id)}`),
  addFeed: (feed: CreateFeed) => call<Feed>("POST", "/admin/feeds", feed),
  configureFeed: (id: string, feed: Omit<CreateFeed, "matchId">) =>
    call<Feed>("PUT", `/admin/feeds/${segment(id)}`, feed),
  deleteFeed: (id: string, reason: string) =>
    call<null>("DELETE", `/admin/feeds/${segment(id)}${query({ reason })}`),
  feedMessages: (id: string, page: PageQuery = {}) =>
    call<RawPage>("GET", `/admin/feeds/${segment(id)}/raw${query({ ...page })}`),
  scoreAlerts: (page: PageQuery = {}) =>
    call<ScoreAlertPage>("GET", `/admin/score-alerts${query({ ...page })}`),
};
