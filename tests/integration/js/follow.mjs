// The official client, steered by lines of JSON and telling what happens to it in lines of JSON.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.env.NODE_PROJECT);
const { io } = require("socket.io-client");
const { url, auth, transports } = JSON.parse(process.env.STORY);
const PATIENCE = 60_000;

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const socket = io(`${url}/streaming`, {
  auth,
  reconnectionDelay: 100,
  reconnectionDelayMax: 500,
  ...(transports ? { transports } : {}),
});

socket.on("connect", () => tell({ what: "connect", recovered: socket.recovered, id: socket.id }));
socket.on("disconnect", (reason) => tell({ what: "disconnect", reason }));
socket.on("connect_error", (error) => tell({ what: "connect_error", message: error.message, data: error.data ?? null }));
socket.onAny((event, ...args) => tell({ what: "event", event, data: args[0] ?? null, more: args.slice(1) }));

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "call") {
    const ack = await socket.timeout(PATIENCE).emitWithAck(command.event, command.payload);
    tell({ what: "ack", ack });
  } else if (command.do === "auth") {
    socket.auth = command.auth;
  } else if (command.do === "connect") {
    socket.connect();
  }
}
socket.disconnect();
