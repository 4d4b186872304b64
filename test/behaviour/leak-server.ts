/**
 * The server of the leak test, in its own process. It reports on request what it still holds. Its clients
 * make it hold everything that a server can hold for a client.
 */

import { queryObjects } from "node:v8";
import { PrivateSession } from "../../src/app/handlers/client-session.ts";
import { Deadline } from "../../src/base/time/deadline-queue.ts";
import { Client } from "../../src/core/client/client.ts";
import { OpenNamespace } from "../../src/core/namespace/open-namespace.ts";
import { Acknowledgements } from "../../src/core/socket/acknowledgements.ts";
import { Socket } from "../../src/core/socket/socket.ts";
import { Connection } from "../../src/engine/connection.ts";
import { WebSocketTransport } from "../../src/engine/transport/websocket-transport.ts";
import { call, emit, joinRoom, rooms, SocketIO, session } from "../../src/index.ts";

/** What the server holds. */
export interface Holdings {
  /** Objects alive after garbage collection, by class name. */
  readonly objects: Readonly<Record<string, number>>;
  /** Used bytes of the heap. */
  readonly heap: number;
  readonly clients: number;
  /** Whether every handler that has started has ended. */
  readonly atRest: boolean;
}

const collectGarbage = globalThis.gc;
if (collectGarbage === undefined) throw new Error("run this with --expose-gc");

const timer = setTimeout(() => {}, 0);
const classes = [
  ...[
    Connection,
    WebSocketTransport,
    Client,
    Socket,
    OpenNamespace,
    Acknowledgements,
    PrivateSession,
    Deadline,
  ],
  timer.constructor as new () => object,
];

const socketio = new SocketIO({ logger: { info() {}, warn() {}, error: console.error } });

socketio.on("connect", () => {
  for (const room of ["kitchen", "cellar", "attic", "hall"]) joinRoom(room);
  joinRoom(`own room of ${rooms()[0]}`);
  session.notes = Array.from({ length: 20 }, (_, n) => `note ${n}`);
  // Answers that never come: one with a timer, and one without.
  emit("ask", undefined, { callback: () => {} });
  setImmediate(() => call("ask").catch(() => {}));
});
socketio.on("echo", async (text: string) => {
  await new Promise((resolve) => setImmediate(resolve));
  emit("echo", text);
  if (text.endsWith("00")) emit("news", text, { to: "kitchen", volatile: true });
});
socketio.on("disconnect", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  emit("gone", rooms().length, { to: rooms().slice(-1) });
});

/** Counts what the server holds. */
async function count(): Promise<Holdings> {
  const probe = socketio.testClient();
  const atRest = await probe.idle().then(
    () => true,
    () => false,
  );
  collectGarbage?.();
  return {
    objects: Object.fromEntries(classes.map((type) => [type.name, Number(queryObjects(type))])),
    heap: process.memoryUsage().heapUsed,
    clients: socketio.clientCount,
    atRest,
  };
}

process.on("message", async () => process.send?.(await count()));
const { port } = await socketio.run({ port: 0 });
process.send?.(port);
