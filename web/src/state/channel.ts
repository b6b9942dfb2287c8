import type {
  ChannelInfo,
  InteractionCounts,
  ListenerCount,
  Match,
  Metadata,
  ServerEvents,
  StreamInfo,
  StreamSnapshot,
} from "../contracts/generated";
import { type ChatState, chatReducer, emptyChat } from "./chat";

/** How the last show ended, while nothing new is on. */
export interface Ended {
  at: number;
  reason: string;
}

export interface ChannelState {
  channel: ChannelInfo | null;
  stream: StreamInfo | null;
  metadata: Metadata | null;
  listeners: ListenerCount | null;
  interactions: InteractionCounts | null;
  match: Match | null;
  matchAt: number;
  ended: Ended | null;
  chat: ChatState;
}

type Applied =
  | "chat:message"
  | "stream:live"
  | "stream:offline"
  | "stream:metadata"
  | "stream:listeners"
  | "stream:match"
  | "interaction:counts";

export type ChannelEvent = { [E in Applied]: { event: E; payload: ServerEvents[E] } }[Applied];

export const CHANNEL_EVENTS: readonly Applied[] = [
  "chat:message",
  "stream:live",
  "stream:offline",
  "stream:metadata",
  "stream:listeners",
  "stream:match",
  "interaction:counts",
];

export const emptyChannel: ChannelState = {
  channel: null,
  stream: null,
  metadata: null,
  listeners: null,
  interactions: null,
  match: null,
  matchAt: 0,
  ended: null,
  chat: emptyChat,
};

export function isComplete(snapshot: StreamSnapshot): boolean {
  return snapshot.missing === undefined || snapshot.missing.length === 0;
}

/** What a snapshot says; the parts that could not be read now stay as they were. */
export function fromSnapshot(state: ChannelState, snapshot: StreamSnapshot): ChannelState {
  const lacks = (part: string) => snapshot.missing?.includes(part) ?? false;
  return {
    channel: snapshot.channel,
    stream: snapshot.stream ?? null,
    metadata: snapshot.metadata ?? null,
    listeners: snapshot.listeners,
    interactions: lacks("interactions") ? state.interactions : (snapshot.interactions ?? null),
    match: lacks("match") ? state.match : (snapshot.match ?? null),
    matchAt: lacks("match") ? state.matchAt : (snapshot.match?.at ?? 0),
    ended: snapshot.stream === undefined ? state.ended : null,
    chat:
      snapshot.chat === undefined
        ? lacks("chat")
          ? state.chat
          : emptyChat
        : chatReducer(state.chat, { type: "snapshot", chat: snapshot.chat }),
  };
}

/** Apply one event of the channel's room; events of other channels and old news change nothing. */
export function channelReducer(state: ChannelState, { event, payload }: ChannelEvent): ChannelState {
  if (state.channel === null || payload.channelId !== state.channel.id) return state;
  switch (event) {
    case "chat:message":
      return { ...state, chat: chatReducer(state.chat, { type: "message", message: payload }) };
    case "stream:live": {
      const resumed = state.stream?.streamId === payload.streamId ? state.stream : null;
      if (resumed === null && state.stream !== null && payload.startedAt < state.stream.startedAt)
        return state;
      return {
        ...state,
        channel: { ...state.channel, live: true },
        stream: {
          streamId: payload.streamId,
          startedAt: payload.startedAt,
          startedBy: payload.startedBy,
          sourceConnected: payload.sourceConnected,
          // The match belongs to the channel: a new stream begins beside the one that is linked already.
          ...(state.match === null ? {} : { matchId: state.match.id }),
        },
        metadata: newerMetadata(state.metadata, payload.metadata),
        ...(resumed === null ? { interactions: noInteractions(state.channel.id) } : {}),
        ended: null,
      };
    }
    case "stream:offline": {
      if (state.stream === null || state.stream.streamId !== payload.streamId) return state;
      if (payload.resumable) return { ...state, stream: { ...state.stream, sourceConnected: false } };
      return {
        ...state,
        channel: { ...state.channel, live: false },
        stream: null,
        metadata: null,
        interactions: noInteractions(state.channel.id),
        ended: { at: payload.endedAt ?? payload.at, reason: payload.reason },
      };
    }
    case "stream:metadata":
      return { ...state, metadata: newerMetadata(state.metadata, payload) };
    case "stream:listeners":
      return { ...state, listeners: payload };
    case "stream:match":
      return payload.at < state.matchAt ? state : { ...state, ...linked(state.stream, payload) };
    case "interaction:counts":
      return { ...state, interactions: payload };
  }
}

/** Reactions belong to one stream and begin anew with the next. */
function noInteractions(channelId: string): InteractionCounts {
  return { channelId, likes: 0, favorites: 0, shares: 0, reactions: 0, recent: {} };
}

function linked(stream: StreamInfo | null, { match, at }: ServerEvents["stream:match"]) {
  if (stream === null) return { match, matchAt: at };
  const { matchId: _, ...rest } = stream;
  return { match, matchAt: at, stream: match === null ? rest : { ...rest, matchId: match.id } };
}

function newerMetadata(known: Metadata | null, next: Metadata): Metadata {
  return known !== null && known.streamId === next.streamId && known.at > next.at ? known : next;
}
