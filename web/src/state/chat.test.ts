import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../contracts/generated";
import { CHAT_BOUND, type ChatState, chatReducer, codePoints, emptyChat } from "./chat";

const ann = { id: "u1", displayName: "Ann", role: "listener" };

function message(id: string, more: Partial<ChatMessage> = {}): ChatMessage {
  return { id, channelId: "c", user: ann, text: `text ${id}`, clientId: `client-${id}`, at: 1, ...more };
}

function receive(state: ChatState, ...ids: string[]): ChatState {
  return ids.reduce((next, id) => chatReducer(next, { type: "message", message: message(id) }), state);
}

function send(state: ChatState, clientId: string): ChatState {
  return chatReducer(state, { type: "send", text: "hello", clientId, channelId: "c", user: ann, at: 5 });
}

const ids = (state: ChatState) => state.items.map((item) => item.id);

describe("chat", () => {
  it("shows a message once, however often it comes", () => {
    expect(ids(receive(emptyChat, "01", "02", "01", "02"))).toEqual(["01", "02"]);
  });

  it("gives a late message its place", () => {
    expect(ids(receive(emptyChat, "01", "03", "02"))).toEqual(["01", "02", "03"]);
  });

  it("comes to the snapshot's state by events alone", () => {
    const settings = { maxLength: 500, slowModeSeconds: 0, membersOnly: false };
    const recent = ["01", "02", "03"].map((id) => message(id));
    const snapshot = chatReducer(emptyChat, { type: "snapshot", chat: { recent, settings } });
    expect(receive(emptyChat, "01", "02", "03")).toEqual(snapshot);
    expect(receive(snapshot, "02", "03")).toEqual(snapshot);
  });

  it("replaces the optimistic message by the stored one, whichever way that comes first", () => {
    const sent = send(receive(emptyChat, "01"), "mine");
    expect(sent.items.at(-1)).toMatchObject({ text: "hello", delivery: "sending" });
    const stored = message("02", { clientId: "mine", text: "hello" });
    const once = chatReducer(sent, { type: "message", message: stored });
    const twice = chatReducer(once, { type: "message", message: stored });
    expect(twice.items).toEqual([message("01"), stored]);
  });

  it("keeps what is on its way below what arrives", () => {
    expect(ids(receive(send(emptyChat, "mine"), "09"))).toEqual(["09", "~mine"]);
  });

  it("does not mistake another person's message for one of our own that is stored", () => {
    const stored = receive(emptyChat, "01");
    const other = message("02", { clientId: "client-01", user: { ...ann, id: "u2" } });
    expect(ids(chatReducer(stored, { type: "message", message: other }))).toEqual(["01", "02"]);
  });

  it("says when sending failed, and tries again under the same clientId", () => {
    const failed = chatReducer(send(emptyChat, "mine"), {
      type: "failed",
      clientId: "mine",
      error: "Too fast.",
    });
    expect(failed.items).toMatchObject([{ delivery: "failed", error: "Too fast." }]);
    const retried = chatReducer(failed, { type: "retry", clientId: "mine" });
    expect(retried.items[0]).toMatchObject({ delivery: "sending", clientId: "mine" });
    expect(retried.items[0]).not.toHaveProperty("error");
    expect(chatReducer(failed, { type: "discard", clientId: "mine" }).items).toEqual([]);
  });

  it("keeps unsent messages over a new snapshot, unless it holds them", () => {
    const settings = emptyChat.settings;
    const two = send(send(emptyChat, "a"), "b");
    const recent = [message("01", { clientId: "a" })];
    expect(ids(chatReducer(two, { type: "snapshot", chat: { recent, settings } }))).toEqual(["01", "~b"]);
  });

  it("stays bounded", () => {
    const many = Array.from({ length: CHAT_BOUND + 30 }, (_, n) => String(n).padStart(4, "0"));
    const state = receive(emptyChat, ...many);
    expect(state.items).toHaveLength(CHAT_BOUND);
    expect(state.items.at(-1)?.id).toBe(many.at(-1));
  });

  it("counts as the server does", () => {
    expect(codePoints("héllo")).toBe(5);
    expect(codePoints("⚽🏏")).toBe(2);
  });
});
