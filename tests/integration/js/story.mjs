// The official client: an owner goes live, three listeners follow. Exits with 0 when all held.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_PROJECT);
const { io } = require("socket.io-client");
const { url, channelId, owner, fan, transports } = JSON.parse(process.env.STORY);
const PATIENCE = 30_000;
const sockets = [];

function connect(auth) {
  const socket = io(`${url}/streaming`, { auth, forceNew: true, ...(transports ? { transports } : {}) });
  sockets.push(socket);
  socket.heard = [];
  // Null once connected, or the error.
  socket.settled = new Promise((resolve) => {
    socket.once("connect", () => resolve(null));
    socket.once("connect_error", resolve);
  });
  socket.onAny((event, data) => socket.heard.push([event, data]));
  socket.call = (event, ...args) => socket.timeout(PATIENCE).emitWithAck(event, ...args);
  socket.hears = async (event, matching = () => true) => {
    const deadline = Date.now() + PATIENCE;
    while (Date.now() < deadline) {
      const found = socket.heard.find(([name, data]) => name === event && matching(data));
      if (found) return found[1];
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${event} never came`);
  };
  return socket;
}

const clients = [connect({ token: owner }), connect({ token: fan }), connect({ device: "js-guest-1" }), connect({})];
for (const client of clients) assert.equal(await client.settled, null);
const [station, listener, guest] = clients;

for (const client of clients) {
  const active = await client.hears("streams:active");
  assert.equal(typeof active.offset, "string");
  const ack = await client.call("stream:join", { channelId });
  assert.equal(ack.ok, true);
  assert.equal(ack.data.channel.id, channelId);
}

const show = { channelId, showTitle: "Official", hostName: "Ada", showType: "sports" };
const started = await station.call("stream:start", show);
assert.equal(started.ok, true);
for (const client of clients) {
  assert.equal((await client.hears("stream:live")).streamId, started.data.streamId);
  await client.hears("stream:listeners", (data) => data.watching === 4 && data.count === 0);
}

await station.call("stream:update-metadata", { channelId, trackName: "Ünïcode 🎵" });
assert.equal((await guest.hears("stream:metadata")).trackName, "Ünïcode 🎵");

const sent = await listener.call("chat:send", { channelId, text: "hello", clientId: "js-1" });
assert.equal(sent.ok, true);
assert.equal((await station.hears("chat:message")).id, sent.data.id);

for (const [client, event, payload, code] of [
  [guest, "chat:send", { channelId, text: "x", clientId: "1" }, "unauthorized"],
  [listener, "stream:stop", { channelId }, "forbidden"],
  [station, "stream:start", show, "conflict"],
  [station, "stream:start", { channelId }, "invalid_payload"],
  [station, "no:such", {}, "unknown_event"],
]) {
  const ack = await client.call(event, payload);
  assert.equal(ack.ok, false);
  assert.equal(ack.error.code, code);
}
// The client library itself refuses to send reserved names, so they are put into a packet by hand.
const forged = await new Promise((resolve) => {
  guest.acks[999] = resolve;
  guest.packet({ type: 2, id: 999, data: ["connect", { forged: true }], options: {} });
});
assert.deepEqual([forged.ok, forged.error.code], [false, "unknown_event"]);

const bad = connect({ token: "rubbish" });
const refused = await bad.settled;
assert.equal(refused.data.code, "unauthorized");

const order = [];
listener.on("chat:message", (message) => order.push(message.clientId));
const acks = await Promise.all(
  ["a", "b", "c"].map((id) => listener.call("chat:send", { channelId, text: id, clientId: `order-${id}` })),
);
assert.deepEqual(acks.map((ack) => ack.ok), [true, true, true]);
await listener.hears("chat:message", (data) => data.clientId === "order-c");
assert.deepEqual(order.slice(-3), ["order-a", "order-b", "order-c"]);

const stopped = await station.call("stream:stop", { channelId });
assert.equal(stopped.ok, true);
assert.equal((await guest.hears("stream:offline")).resumable, false);
for (const socket of sockets) socket.close();
console.log("held");
// A closed polling client still waits for its last poll.
process.exit(0);
