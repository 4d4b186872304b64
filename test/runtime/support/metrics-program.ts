/**
 * A program that Prometheus scrapes. Its arguments are the number of worker processes, 0 for none, and the
 * address of the port for scrapes where it has none.
 */

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { call, emit, joinRoom, SocketIO } from "roomcast";
import { prometheus } from "roomcast/prometheus";

const workers = Number(process.argv[2]);
const megabyte = "x".repeat(1_000_000);

const server = createServer((request, response) => {
  if (request.url === "/metrics") void metrics.handler(request, response);
  else response.writeHead(404).end();
});
const socketio = new SocketIO(server, {
  logger: { info() {}, warn: console.error, error() {} },
  metrics: { events: ["news"] },
  recovery: workers === 0,
  pingInterval: 200,
  maxOutgoingBytes: 2_000_000,
  maxNamespaceEventsPerSecond: { "/limited": 1 },
});
const metrics = prometheus(socketio);

socketio.on("connect", (auth?: { refuse?: boolean }) => auth?.refuse !== true);
socketio.events({
  say: (text: string) => text,
  fail() {
    throw new Error("on purpose");
  },
  join: (room: string) => joinRoom(room),
  shout: (room: string) => emit("news", "hello", { to: room }),
  ask: () => call("question"),
  async flood() {
    for (let count = 0; count < 60; count += 1) {
      emit("flood", megabyte);
      await sleep(2);
    }
  },
  crash: () => void process.nextTick(() => process.kill(process.pid, "SIGKILL")),
});
socketio.on("drop", () => {}, { namespace: "/limited" });

const { url } = await socketio.run({ port: 0, workers: workers === 0 ? null : workers });
if (process.env.ROOMCAST_WORKER === undefined) console.log(url);
