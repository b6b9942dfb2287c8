/** Generated from the server's contract by `touchline export-contracts`. Do not edit. */

/** Unix milliseconds in events; REST sends RFC 3339. */
export type Instant = number;

export interface ErrorBody {
  code: string;
  message: string;
  retryAfter?: number;
  ref?: string;
}

export interface SendMessage {
  channelId: string;
  text: string;
  clientId: string;
  replyTo?: string | null;
}

export interface History {
  channelId: string;
  limit?: number;
  before?: string | null;
}

export interface ChatUser {
  id: string;
  displayName: string;
  role: string;
}

export interface ChatMessage {
  id: string;
  channelId: string;
  user: ChatUser;
  text: string;
  clientId: string;
  at: Instant;
  replyTo?: string;
}

export interface MessagePage {
  items: ChatMessage[];
  next?: string;
}

export interface ChatSettings {
  maxLength: number;
  slowModeSeconds: number;
  membersOnly: boolean;
}

export interface ChatSnapshot {
  recent: ChatMessage[];
  settings: ChatSettings;
}

export interface Login {
  email: string;
  password: string;
}

export interface Refresh {
  refreshToken: string;
}

export interface Logout {
  refreshToken: string;
}

export interface Renew {
  token: string;
}

export interface User {
  id: string;
  email: string;
  displayName: string;
  role: string;
  createdAt: Instant;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
  user: User;
}

export interface SessionExpiry {
  expiresAt: Instant;
}

export interface LineupPlayer {
  id: string;
  name: string;
  number?: number;
  position?: string;
  starter?: boolean;
}

export interface Competitor {
  id: string;
  name: string;
  abbreviation: string;
  type: "team" | "athlete" | "pair";
  score: number;
  scoreDisplay: string;
  qualifier?: "home" | "away";
  lineup?: LineupPlayer[];
}

export interface Competition {
  id: string;
  name: string;
  season?: string;
  stage?: string;
  round?: string;
}

export interface MatchClock {
  period: number;
  direction: "up" | "down" | "none";
  running: boolean;
  display: string;
  playedS?: number;
  remainingS?: number;
  stoppage?: string;
}

export interface CricketInnings {
  runs: number;
  wickets: number;
  overs: string;
  battingId: string;
  declared: boolean;
  target?: number;
}

export interface MatchPeriod {
  number: number;
  type: "regular" | "overtime" | "penalties" | "innings" | "super_over" | "set";
  scores: Record<string, number>;
  detail?: CricketInnings;
}

export interface Outcome {
  text: string;
  winnerId?: string;
  by?: string;
}

export interface Match {
  id: string;
  sport: "cricket" | "football" | "basketball" | "tennis";
  competition: Competition;
  scheduledAt: Instant;
  competitors: Competitor[];
  status: "scheduled" | "delayed" | "live" | "break" | "interrupted" | "suspended" | "postponed" | "cancelled" | "abandoned" | "ended" | "closed";
  periods: MatchPeriod[];
  seq: number;
  version: number;
  updatedAt: Instant;
  externalIds: Record<string, string>;
  statusDetail?: string;
  venue?: string;
  clock?: MatchClock;
  outcome?: Outcome;
  at?: Instant;
}

export interface EventPlayer {
  id: string;
  role: string;
  name?: string;
}

export interface Commentary {
  lang: string;
  text: string;
}

export interface EventClock {
  display: string;
  playedS?: number;
  remainingS?: number;
}

export interface MatchEvent {
  matchId: string;
  eventId: string;
  revision: number;
  op: "add" | "update" | "delete";
  seq: number;
  orderKey: string;
  type: string;
  period: number;
  occurredAt: Instant;
  receivedAt: Instant;
  at: Instant;
  provider: string;
  confirmation: "pending" | "confirmed" | "cancelled";
  detail: Record<string, unknown>;
  players: EventPlayer[];
  commentary: Commentary[];
  clock?: EventClock;
  competitorId?: string;
  scoreAfter?: Record<string, string>;
  relatedEventIds?: string[];
}

export interface ScoreChange {
  matchId: string;
  eventId: string;
  from: Record<string, string>;
  to: Record<string, string>;
  reason: string;
  seq: number;
  at: Instant;
}

export interface MatchSnapshot {
  match: Match;
  events: MatchEvent[];
  seq: number;
  offset: string;
}

export interface JoinMatch {
  matchId: string;
}

export interface LeaveMatch {
  matchId: string;
}

export interface ListMatches {
  sport?: "cricket" | "football" | "basketball" | "tennis" | null;
  status?: "scheduled" | "delayed" | "live" | "break" | "interrupted" | "suspended" | "postponed" | "cancelled" | "abandoned" | "ended" | "closed" | null;
  limit?: number;
  before?: string | null;
}

export interface MatchPage {
  items: Match[];
  next?: string;
}

export interface EventPage {
  items: MatchEvent[];
  next?: string;
}

export interface NewLineupPlayer {
  id: string;
  name: string;
  number?: number | null;
  position?: string | null;
  starter?: boolean | null;
}

export interface NewCompetitor {
  id: string;
  name: string;
  abbreviation: string;
  type?: "team" | "athlete" | "pair";
  qualifier?: "home" | "away" | null;
  lineup?: NewLineupPlayer[] | null;
}

export interface NewCompetition {
  id: string;
  name: string;
  season?: string | null;
  stage?: string | null;
  round?: string | null;
}

export interface CreateMatch {
  sport: "cricket" | "football" | "basketball" | "tennis";
  competition: NewCompetition;
  scheduledAt: Instant;
  competitors: NewCompetitor[];
  venue?: string | null;
  externalIds?: Record<string, string>;
  config?: Record<string, unknown>;
}

export interface NewEventPlayer {
  id: string;
  role: string;
  name?: string | null;
}

export interface NewCommentary {
  text: string;
  lang?: string;
}

export interface NewEventClock {
  display: string;
  playedS?: number | null;
  remainingS?: number | null;
}

export interface EventOp {
  provider: string;
  eventId: string;
  type: string;
  period: number;
  orderKey: string;
  occurredAt: Instant;
  op?: "add" | "update" | "delete";
  revision?: number;
  providerUpdatedAt?: Instant | null;
  clock?: NewEventClock | null;
  competitorId?: string | null;
  players?: NewEventPlayer[];
  commentary?: NewCommentary[];
  confirmation?: "pending" | "confirmed" | "cancelled";
  detail?: Record<string, unknown>;
  relatedEventIds?: string[];
  reason?: string | null;
}

export interface IngestItem {
  eventId: string;
  revision: number;
  result: "applied" | "duplicate" | "stale" | "rejected";
  seq?: number;
  error?: string;
}

export interface IngestResult {
  items: IngestItem[];
  seq: number;
  version: number;
}

export interface AdminStream {
  channelId: string;
  slug: string;
  name: string;
  streamId: string;
  showTitle: string;
  hostName: string;
  startedAt: Instant;
  startedBy: string;
  listeners: number;
  unique: number;
  sourceConnected: boolean;
  bitrateKbps?: number;
  sourceAgeS?: number;
  sourceClient?: string;
  track?: string;
  matchId?: string;
}

export interface NodeStats {
  node: string;
  connections: number;
  eventsInPerS: number;
  eventsOutPerS: number;
  rssBytes: number;
  uptimeS: number;
}

export interface AdminOverview {
  at: Instant;
  streams: AdminStream[];
  nodes: NodeStats[];
  connections: number;
  listeners: number;
  eventsInPerS: number;
  eventsOutPerS: number;
  redisLatencyMs?: number;
  databaseLatencyMs?: number;
}

export interface AuditEntry {
  id: string;
  at: Instant;
  actorId: string;
  actorName: string;
  action: string;
  target: string;
  reason?: string;
}

export interface JoinStream {
  channelId: string;
  userId?: string | null;
  delayMs?: number | null;
}

export interface LeaveStream {
  channelId: string;
}

export interface StartStream {
  channelId: string;
  showTitle: string;
  hostName: string;
  showType: string;
  streamId?: string | null;
}

export interface StopStream {
  channelId: string;
  streamId?: string | null;
  reason?: string | null;
}

export interface UpdateMetadata {
  channelId: string;
  trackName?: string | null;
  artistName?: string | null;
  album?: string | null;
  artworkUrl?: string | "" | null;
  showTitle?: string | null;
  hostName?: string | null;
  showType?: string | null;
}

export interface LinkMatch {
  channelId: string;
  matchId: string | null;
}

export interface SendInteraction {
  channelId: string;
  type: "like" | "favorite" | "share" | "reaction";
  emoji?: string | null;
}

export interface Heartbeat {
  sentAt?: number | null;
}

export interface Metadata {
  channelId: string;
  streamId: string;
  showTitle: string;
  hostName: string;
  showType: string;
  at: Instant;
  trackName?: string;
  artistName?: string;
  album?: string;
  artworkUrl?: string;
}

export interface ListenerCount {
  channelId: string;
  count: number;
  unique: number;
}

export interface StreamInfo {
  streamId: string;
  startedAt: Instant;
  startedBy: "manual" | "source";
  sourceConnected: boolean;
  matchId?: string;
}

export interface ChannelInfo {
  id: string;
  slug: string;
  name: string;
  description: string;
  language: string;
  ownerId: string;
  live: boolean;
  createdAt: Instant;
  artworkUrl?: string;
}

export interface Source {
  host: string;
  port: number;
  mount: string;
  password: string;
}

export interface InteractionCounts {
  channelId: string;
  likes: number;
  favorites: number;
  shares: number;
  reactions: number;
  recent: Record<string, number>;
}

export interface ActiveStream {
  channelId: string;
  slug: string;
  name: string;
  streamId: string;
  metadata: Metadata;
  startedAt: Instant;
  listeners: number;
  matchId?: string;
}

export interface ActiveStreams {
  items: ActiveStream[];
  offset: string;
}

export interface StreamStarted {
  channelId: string;
  streamId: string;
  metadata: Metadata;
  startedAt: Instant;
}

export interface StreamStopped {
  channelId: string;
  streamId: string;
  endedAt: Instant;
  reason: string;
}

export interface StreamOffline {
  channelId: string;
  streamId: string;
  reason: string;
  resumable: boolean;
  at: Instant;
  endedAt?: Instant;
}

export interface StreamStartedReply {
  streamId: string;
  startedAt: Instant;
}

export interface StreamStoppedReply {
  streamId: string;
  endedAt: Instant;
}

export interface HeartbeatReply {
  serverTime: number;
  sentAt?: number;
}

export interface CreateChannel {
  slug: string;
  name: string;
  description?: string;
  language?: string;
  artworkUrl?: string | null;
  autoLive?: boolean;
  ownerId?: string | null;
}

export interface UpdateChannel {
  name?: string | null;
  description?: string | null;
  language?: string | null;
  artworkUrl?: string | "" | null;
  autoLive?: boolean | null;
}

export interface ChannelDetail {
  id: string;
  slug: string;
  name: string;
  description: string;
  language: string;
  ownerId: string;
  live: boolean;
  createdAt: Instant;
  artworkUrl?: string;
  autoLive?: boolean;
  source?: Source;
}

export interface StreamRecord {
  id: string;
  channelId: string;
  showTitle: string;
  hostName: string;
  showType: string;
  startedAt: Instant;
  startedBy: string;
  peakListeners: number;
  peakUnique: number;
  endedAt?: Instant;
  endReason?: string;
  matchId?: string;
}

export interface TrackRecord {
  id: string;
  streamId: string;
  at: Instant;
  trackName?: string;
  artistName?: string;
  album?: string;
  artworkUrl?: string;
}

export interface NowPlaying {
  channel: ChannelInfo;
  listeners: ListenerCount;
  stream?: StreamInfo;
  metadata?: Metadata;
}

export interface StreamSnapshot {
  channel: ChannelInfo;
  stream?: StreamInfo;
  metadata?: Metadata;
  listeners: ListenerCount;
  interactions: InteractionCounts;
  chat: ChatSnapshot;
  match?: Match;
  offset: string;
}

export interface MatchLinked {
  channelId: string;
  match: Match | null;
  at: Instant;
}

export interface ClientEvents {
  "stream:join": { payload: JoinStream; reply: StreamSnapshot };
  "stream:leave": { payload: LeaveStream; reply: null };
  "stream:start": { payload: StartStream; reply: StreamStartedReply };
  "stream:stop": { payload: StopStream; reply: StreamStoppedReply };
  "stream:update-metadata": { payload: UpdateMetadata; reply: Metadata };
  "stream:link-match": { payload: LinkMatch; reply: Match | null };
  "chat:send": { payload: SendMessage; reply: ChatMessage };
  "chat:history": { payload: History; reply: MessagePage };
  "interaction:send": { payload: SendInteraction; reply: InteractionCounts };
  "match:join": { payload: JoinMatch; reply: MatchSnapshot };
  "match:leave": { payload: LeaveMatch; reply: null };
  "match:list": { payload: ListMatches; reply: MatchPage };
  "admin:join": { payload: null; reply: AdminOverview };
  "session:renew": { payload: Renew; reply: SessionExpiry };
  heartbeat: { payload: Heartbeat; reply: HeartbeatReply };
}

export interface ServerEvents {
  "chat:message": ChatMessage;
  "session:expiring": SessionExpiry;
  "match:event": MatchEvent;
  "match:corrected": ScoreChange;
  "match:updated": Match;
  "admin:overview": AdminOverview;
  "streams:active": ActiveStreams;
  "stream:started": StreamStarted;
  "stream:stopped": StreamStopped;
  "stream:live": StreamStarted;
  "stream:offline": StreamOffline;
  "stream:metadata": Metadata;
  "stream:listeners": ListenerCount;
  "interaction:counts": InteractionCounts;
  "stream:match": MatchLinked;
}
