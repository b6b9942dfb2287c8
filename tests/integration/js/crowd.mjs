// Many official clients follow one channel. Says "joined", waits for a line, says "held" when all held; exits with 0.
// Before the line is answered a worker may die: clients come back by themselves, and enter the channel again.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.env.NODE_PROJECT);
const { io } = require("socket.io-client");
const { url, channelId, fan, transports, clients: size, survivors, addresses } = JSON.parse(process.env.STORY);
const PATIENCE = 60_000;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let losses = 0;

async function until(what, condition) {
  const deadline = Date.now() + PATIENCE;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} never came about`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

// Every client from an address of its own, of this machine.
let addressed = 0;
function address() {
  addressed += 1;
  return `127.0.1.${addressed}`;
}

function connect(auth) {
  const socket = io(`${url}/streaming`, {
    auth,
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
    ...(addresses ? { agent: new Agent({ keepAlive: true, localAddress: address() }) } : {}),
    ...(transports ? { transports } : {}),
  });
  socket.heard = [];
  socket.joined = false;
  socket.on("connect", async () => {
    const ack = await socket.timeout(PATIENCE).emitWithAck("stream:join", { channelId });
    assert.equal(ack.ok, true, JSON.stringify(ack));
    socket.joined = true;
  });
  socket.on("disconnect", () => {
    socket.joined = false;
    losses += 1;
  });
  socket.on("chat:message", (message) => socket.heard.push(message.clientId));
  return socket;
}

const sockets = [connect({ token: fan })];
for (let n = 1; n < size; n += 1) sockets.push(connect({ device: `crowd-guest-${n}` }));
const everybody = () => sockets.every((socket) => socket.connected && socket.joined);

async function talk(name) {
  await until("everybody", everybody);
  const said = [1, 2].map((n) => `${name}-${n}`);
  for (const clientId of said) {
    const ack = await sockets[0].timeout(PATIENCE).emitWithAck("chat:send", { channelId, text: clientId, clientId });
    assert.equal(ack.ok, true, JSON.stringify(ack));
  }
  const news = (socket) => socket.heard.filter((id) => id.startsWith(name));
  await until(`the last word of ${name}`, () => sockets.every((socket) => news(socket).includes(said.at(-1))));
  for (const socket of sockets) assert.deepEqual(news(socket), said);
}

await talk("before");
if (transports === undefined || transports === null) {
  const moved = () => sockets.every((socket) => socket.io.engine?.transport.name === "websocket");
  await until("the move to WebSockets", moved);
}
assert.equal(losses, 0, "nobody may lose a connection without a cause");
console.log("joined");
await lines.next();
if (survivors) await until("a loss", () => losses > 0);
await talk("after");
console.log("held");
process.exit(0);
