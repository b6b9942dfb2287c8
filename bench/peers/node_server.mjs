// Node's Socket.IO as it comes. Usage: node node_server.mjs MODULES PORT; MODULES has socket.io in its node_modules.
// Every line on standard input is `{event, data}` for the room; ends when standard input does.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, port] = process.argv.slice(2);
const { Server } = createRequire(`${modules}/`)("socket.io");

const http = createServer();
const streaming = new Server(http, { transports: ["websocket"], serveClient: false }).of("/streaming");
streaming.on("connection", (socket) => {
  socket.on("stream:join", (join, ack) => {
    socket.join(`channel:${join.channelId}`);
    ack({ ok: true, data: { channelId: join.channelId } });
  });
});
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { event, data } = JSON.parse(line);
    streaming.to(`channel:${data.channelId}`).emit(event, data);
  })
  .on("close", () => process.exit(0));
http.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 }, () => console.log("ready"));
