/**
 * Benchmarks of the bridge from Socket.IO beside native handlers: from the text of an event to the frame of
 * its answer, and from a handshake to the end of the connection. Everything but the network.
 */

import { insideOf, SocketIO } from "../../src/app/socketio.ts";
import { Server } from "../../src/compat/index.ts";
import { emit } from "../../src/context/ambient.ts";
import { payload } from "../scenarios/scenario.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { SilentClient } from "./silent-client.ts";

// The limit is off, because no real client sends as much as this one.
const unlimited = { maxEventsPerSecond: Number.MAX_SAFE_INTEGER, maxEventBurst: Number.MAX_SAFE_INTEGER };

const text = (event: string, id = "") => `42${id}${JSON.stringify([event, payload])}`;

/** The benchmarks of the bridge. */
export function bridgeBenchmarks(): MicroBenchmark[] {
  const plain = nativeServer(new SocketIO(unlimited));
  const io = new Server(unlimited);
  io.on("connection", (socket) => {
    socket.on("echo", (message) => socket.emit("echo", message));
    socket.on("ack", (message, answer) => answer(message));
    socket.on("sink", () => {});
    socket.on("room", (message) => io.to("room").emit("room", message));
    socket.on("ambient", (message) => emit("echo", message));
  });
  const beside = nativeServer(io.roomcast);
  const kinds = [
    { kind: "handler", ...plain, native: "" },
    { kind: "listener", ...beside, native: "" },
    { kind: "handler beside listeners", ...beside, native: "native " },
  ];
  const events = ["echo", "ack", "sink", "room"];
  return [
    ...events.flatMap((event) =>
      kinds.map(({ kind, receive, native }) => {
        const message = text(`${native}${event}`, event === "ack" ? "1234" : "");
        return { name: `${event}: ${kind}`, run: () => receive(message) };
      }),
    ),
    { name: "ambient emit: listener", run: () => beside.receive(text("ambient")) },
    { name: "connect: native", run: plain.connect },
    { name: "connect: bridge", run: beside.connect },
  ];
}

function nativeServer(server: SocketIO) {
  // The handlers of a server beside listeners need names of their own.
  for (const prefix of ["", "native "]) {
    if (prefix === "" && isBridged(server)) continue;
    server.on(`${prefix}echo`, (message) => emit("echo", message));
    server.on(`${prefix}ack`, (message) => message);
    server.on(`${prefix}sink`, () => {});
    server.on(`${prefix}room`, (message) => emit("room", message, { to: "room" }));
  }
  const { engine } = insideOf(server);
  const client = new SilentClient(engine);
  client.receive("40");
  return {
    receive: (message: string) => client.receive(message),
    connect: () => {
      const passing = new SilentClient(engine);
      passing.receive("40");
      passing.drop();
      return passing.written;
    },
  };
}

/** Whether a server is below a bridge. */
function isBridged(server: SocketIO): boolean {
  return insideOf(server).hooks.handlers !== null;
}
