import type { ChatMessage, ChatSettings, ChatSnapshot, ChatUser } from "../contracts/generated";

/** A message, and for one's own on its way: how that goes. */
export interface ChatItem extends ChatMessage {
  delivery?: "sending" | "failed";
  error?: string;
}

/** `items`: oldest first; what is still being sent stands last. */
export interface ChatState {
  items: readonly ChatItem[];
  settings: ChatSettings;
}

export type ChatAction =
  | { type: "snapshot"; chat: ChatSnapshot }
  | { type: "message"; message: ChatMessage }
  | { type: "send"; text: string; clientId: string; channelId: string; user: ChatUser; at: number }
  | { type: "failed"; clientId: string; error: string }
  | { type: "retry"; clientId: string }
  | { type: "discard"; clientId: string };

/** What a page keeps: enough to scroll back a while, little enough to stay smooth on an old phone. */
export const CHAT_BOUND = 200;

export const emptyChat: ChatState = {
  items: [],
  settings: { maxLength: 500, slowModeSeconds: 0, membersOnly: false },
};

export function chatReducer(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "snapshot": {
      const stored = new Set(action.chat.recent.map((message) => message.clientId));
      const unsent = state.items.filter((item) => item.delivery !== undefined && !stored.has(item.clientId));
      return { settings: action.chat.settings, items: bounded([...action.chat.recent, ...unsent]) };
    }
    case "message":
      return { ...state, items: bounded(insert(state.items, action.message)) };
    case "send": {
      const { text, clientId, channelId, user, at } = action;
      if (state.items.some((item) => item.clientId === clientId)) return state;
      const pending: ChatItem = {
        id: `~${clientId}`,
        channelId,
        user,
        text,
        clientId,
        at,
        delivery: "sending",
      };
      return { ...state, items: bounded([...state.items, pending]) };
    }
    case "failed":
      return change(state, action.clientId, { delivery: "failed", error: action.error });
    case "retry":
      return change(state, action.clientId, { delivery: "sending" });
    case "discard":
      return { ...state, items: state.items.filter((item) => !isUnsent(item, action.clientId)) };
  }
}

function isUnsent(item: ChatItem, clientId: string): boolean {
  return item.delivery !== undefined && item.clientId === clientId;
}

function change(
  state: ChatState,
  clientId: string,
  delivery: Pick<ChatItem, "delivery" | "error">,
): ChatState {
  const items = state.items.map((item) => {
    if (!isUnsent(item, clientId)) return item;
    const { error: _, ...rest } = item;
    return { ...rest, ...delivery };
  });
  return { ...state, items };
}

/** Ids are time-ordered, so a message that arrives late still takes its place; one that is known changes nothing. */
function insert(items: readonly ChatItem[], message: ChatMessage): readonly ChatItem[] {
  if (items.some((item) => item.id === message.id)) return items;
  const rest = items.filter((item) => !isUnsent(item, message.clientId));
  let place = rest.length;
  while (place > 0 && after(rest[place - 1], message)) place -= 1;
  return [...rest.slice(0, place), message, ...rest.slice(place)];
}

function after(item: ChatItem | undefined, message: ChatMessage): boolean {
  return item !== undefined && (item.delivery !== undefined || item.id > message.id);
}

function bounded(items: readonly ChatItem[]): readonly ChatItem[] {
  return items.length > CHAT_BOUND ? items.slice(-CHAT_BOUND) : items;
}

/** Length as the server counts it: Unicode code points, not UTF-16 units. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
