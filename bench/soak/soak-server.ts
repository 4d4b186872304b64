/**
 * The server of the soak, in its own process. Clients request answers, send messages to rooms of ten, and get
 * a number every two seconds. Slow readers get more than they read.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { args, emit, joinRoom, rooms, SocketIO } from "roomcast";
import type { FromServer, ToServer } from "./soak-messages.ts";

/** How often every client gets a number, and each slow reader a piece, in ms. */
const tickTime = 2000;
/** The text for slow readers, sent with each tick. */
const piece = "x".repeat(64 * 1024);
/** The limit of bytes that wait for one client. */
const maxOutgoingBytes = 256 * 1024;

/** How often the delay of the event loop is measured, in ms. */
const resolution = 10;

const faults: string[] = [];
const fault = (what: string) => {
  if (faults.length < 20) faults.push(what);
};
process.on("uncaughtException", (error) => fault(`uncaught: ${error.stack}`));
process.on("unhandledRejection", (error) => fault(`unhandled rejection: ${String(error)}`));

const server = createServer();
const socketio = new SocketIO(server, {
  logger: { info() {}, warn() {}, error: (message, { err }) => fault(`${message} ${String(err)}`) },
  maxOutgoingBytes,
  // A busy machine may stop one of the two processes for a while, which must not end connections.
  pingTimeout: 240_000,
});
/** The public ids of clients that do not read. */
const slow = new Set<string>();

socketio.on("connect", ({ room, isSlow }: { room: number; isSlow: boolean }) => {
  joinRoom(isSlow ? "slow" : `room ${room}`);
  if (isSlow) slow.add(ownSid());
});
socketio.on("disconnect", () => void slow.delete(ownSid()));
socketio.on("ask", (number: number) => number);
socketio.on("say", (room: number, sender: number, life: number, number: number) =>
  emit("said", args(sender, life, number), { to: `room ${room}` }),
);

function ownSid(): string {
  return rooms()[0] ?? "";
}

let tick = 0;
setInterval(() => {
  tick += 1;
  socketio.emit("tick", tick);
  socketio.emit("piece", piece, { to: "slow" });
}, tickTime);

const delay = monitorEventLoopDelay({ resolution });
delay.enable();

function sample(collect: boolean): FromServer {
  // The histogram includes the time between its own timers.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
  const measured = { p99: late(delay.percentile(99)), max: late(delay.max) };
  if (collect) globalThis.gc?.();
  delay.reset();
  const { heapUsed, rss } = process.memoryUsage();
  let all = 0;
  let most = 0;
  for (const sid of slow) {
    const bytes = socketio.bufferedBytes({ sid });
    all += bytes;
    most = Math.max(most, bytes);
  }
  return {
    type: "sample",
    heap: collect ? heapUsed : null,
    rss,
    connections: socketio.clientCount,
    delay: measured,
    waiting: { all, most },
    closed: Object.fromEntries(Object.entries(socketio.stats().closed).filter(([, count]) => count > 0)),
    faults,
  };
}

process.on("message", (message: ToServer) => process.send?.(sample(message.collect)));
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  process.send?.({ type: "listening", port: (server.address() as AddressInfo).port } satisfies FromServer);
});
