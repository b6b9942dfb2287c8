import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { api } from "../net/rest";
import { EventError, leave, on, request, whenConnected } from "../net/socket";
import { batched } from "./batches";
import {
  CHANNEL_EVENTS,
  type ChannelEvent,
  type ChannelState,
  channelReducer,
  emptyChannel,
  fromSnapshot,
  isComplete,
} from "./channel";
import { emptyMatch, type MatchAction, type MatchState, matchReducer } from "./match";

/** Going from one page to the next holds the room again before this ends, so it is not left and re-joined. */
const LINGER_MS = 2_000;

/**
 * A room of the server as long as somebody on this page needs it: joined once, its state shared. What arrives
 * between the request to join and its snapshot is applied after the snapshot; the reducers ignore what it holds.
 */
export class Room<State, Action> {
  readonly state: Signal<State>;
  /** The state by parts: who reads one of them here is drawn again when that one changes, not with every event. */
  readonly parts: Readonly<State>;
  readonly problem = signal<EventError | null>(null);
  private holders = 0;
  private close: (() => void) | null = null;
  private lingering: ReturnType<typeof setTimeout> | undefined;
  private waiting: Action[] | null = null;

  constructor(
    initial: State,
    private readonly reduce: (state: State, action: Action) => State,
    private readonly open: (room: Room<State, Action>) => () => void,
  ) {
    this.state = signal(initial);
    const parts = new Map<string | symbol, ReadonlySignal>();
    this.parts = new Proxy({} as Readonly<State & object>, {
      get: (_, name) => {
        const part = parts.get(name) ?? computed(() => this.state.value[name as keyof State]);
        parts.set(name, part);
        return part.value;
      },
    });
  }

  hold(): () => void {
    clearTimeout(this.lingering);
    this.holders += 1;
    this.close ??= this.open(this);
    return () => {
      this.holders -= 1;
      if (this.holders > 0) return;
      this.lingering = setTimeout(() => {
        this.close?.();
        this.close = null;
      }, LINGER_MS);
    };
  }

  apply(action: Action): void {
    if (this.waiting !== null) this.waiting.push(action);
    else this.state.value = this.reduce(this.state.peek(), action);
  }

  /** The same for several, as one change. */
  applyAll(actions: readonly Action[]): void {
    if (this.waiting !== null) this.waiting.push(...actions);
    else this.state.value = actions.reduce(this.reduce, this.state.peek());
  }

  /** Says false if it shall be tried again: the server could not answer, or not with all of it. */
  async join<Snapshot>(
    ask: () => Promise<Snapshot>,
    take: (state: State, snapshot: Snapshot) => State,
    complete: (snapshot: Snapshot) => boolean = () => true,
  ): Promise<boolean> {
    const waiting: Action[] = [];
    this.waiting = waiting;
    try {
      const snapshot = await ask();
      if (this.waiting !== waiting) return true; // A newer join took over.
      this.problem.value = null;
      this.state.value = waiting.reduce(this.reduce, take(this.state.peek(), snapshot));
      return complete(snapshot);
    } catch (error) {
      if (this.waiting === waiting && error instanceof EventError) {
        if (error.code === "unavailable") return false;
        this.problem.value = error;
      }
    } finally {
      if (this.waiting === waiting) this.waiting = null;
    }
    return true;
  }
}

export type ChannelRoom = Room<ChannelState, ChannelEvent>;
export type MatchRoom = Room<MatchState, MatchAction>;

const channels = new Map<string, ChannelRoom>();
const matches = new Map<string, MatchRoom>();

/** `studio`: the page is the station's own, which is no listener; all of one page are. */
export function channelRoom(channelId: string, studio = false): ChannelRoom {
  const known = channels.get(channelId);
  if (known !== undefined) return known;
  const room: ChannelRoom = new Room<ChannelState, ChannelEvent>(emptyChannel, channelReducer, (opened) => {
    const messages = batched<ChannelEvent>((events) => opened.applyAll(events));
    const ends = CHANNEL_EVENTS.map((event) =>
      on(event, (payload) => {
        if (payload.channelId !== channelId) return;
        if (event === "chat:message") return messages.add({ event, payload } as ChannelEvent);
        messages.flush();
        opened.apply({ event, payload } as ChannelEvent);
      }),
    );
    ends.push(messages.flush);
    ends.push(
      whenConnected(() =>
        opened.join(() => request("stream:join", { channelId, studio }), fromSnapshot, isComplete),
      ),
    );
    return () => {
      for (const end of ends) end();
      leave("stream:leave", { channelId });
    };
  });
  channels.set(channelId, room);
  return room;
}

export function matchRoom(matchId: string): MatchRoom {
  const known = matches.get(matchId);
  if (known !== undefined) return known;
  const room: MatchRoom = new Room<MatchState, MatchAction>(emptyMatch, matchReducer, (opened) => {
    const ends = [
      on("match:updated", (match) => match.id === matchId && opened.apply({ type: "updated", match })),
      on("match:event", (event) => event.matchId === matchId && opened.apply({ type: "event", event })),
      on(
        "match:corrected",
        (change) => change.matchId === matchId && opened.apply({ type: "corrected", change }),
      ),
      on(
        "match:rescored",
        (rescored) => rescored.matchId === matchId && opened.apply({ type: "rescored", rescored }),
      ),
      on("match:deleted", (gone) => gone.matchId === matchId && opened.apply({ type: "deleted" })),
      whenConnected(() =>
        opened.join(
          () => request("match:join", { matchId }),
          (state, snapshot) => matchReducer(state, { type: "snapshot", snapshot }),
        ),
      ),
    ];
    return () => {
      for (const end of ends) end();
      leave("match:leave", { matchId });
      opened.apply({ type: "left" });
    };
  });
  matches.set(matchId, room);
  return room;
}

const OLDER_PAGE = 50;

/** Load the commentary before what this page has; does nothing when there is no more. */
export async function loadOlder(matchId: string): Promise<void> {
  const room = matchRoom(matchId);
  const { next } = room.state.peek();
  if (next === null) return;
  const page = await api.matchEvents(matchId, {
    limit: OLDER_PAGE,
    ...(next === undefined ? {} : { before: next }),
  });
  room.apply({ type: "older", page });
  // The first page may hold nothing that the snapshot did not: go on to one that does.
  if (next === undefined && (page.next ?? null) !== null) await loadOlder(matchId);
}
