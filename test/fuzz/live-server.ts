/**
 * The server that the fuzz attacks, in its own process. Its handlers treat the data of clients as careless
 * applications do. It records faults, and reports them and what it still holds on request.
 */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { queryObjects } from "node:v8";
import { NodeWebSocket } from "../../src/adapter/node/node-websocket.ts";
import type { LogRecord } from "../../src/base/log/log-record.ts";
import { Client } from "../../src/core/client/client.ts";
import { OpenNamespace } from "../../src/core/namespace/open-namespace.ts";
import { Acknowledgements } from "../../src/core/socket/acknowledgements.ts";
import { Socket } from "../../src/core/socket/socket.ts";
import { Connection } from "../../src/engine/connection.ts";
import { PollingTransport } from "../../src/engine/transport/polling-transport.ts";
import { Upgrade } from "../../src/engine/transport/upgrade.ts";
import { WebSocketTransport } from "../../src/engine/transport/websocket-transport.ts";
import {
  args,
  call,
  disconnect,
  emit,
  joinRoom,
  leaveRoom,
  RoomcastError,
  SocketIO,
  session,
} from "../../src/index.ts";

/** A question of the fuzz. */
export type LiveQuestion = "counts" | "holdings";

/** The first message of the server. */
export interface LivePorts {
  /** The port without compression, and the one with it. */
  readonly ports: readonly number[];
}

/** What the server holds open. */
export interface Counts {
  readonly connections: number;
  readonly clients: number;
  /** Faults of the server itself. */
  readonly faults: readonly string[];
  /** How often each trace event occurred. */
  readonly events: Readonly<Record<string, number>>;
}

/** What the server holds open, and the memory in use after a garbage collection. */
export interface Holdings extends Counts {
  readonly objects: Readonly<Record<string, number>>;
  readonly heap: number;
}

/** Whether to plant a fault, with which a test checks that the fuzz finds it. */
const isFaulty = process.argv.includes("--faulty");

const collectGarbage = globalThis.gc;
if (collectGarbage === undefined) throw new Error("run this with --expose-gc");

const classes = [
  ...[
    Connection,
    PollingTransport,
    WebSocketTransport,
    NodeWebSocket,
    Upgrade,
    Client,
    Socket,
    OpenNamespace,
    Acknowledgements,
  ],
];
const faults: string[] = [];
const events: Record<string, number> = {};
process.on("uncaughtException", (error) => faults.push(`uncaught: ${describe(error)}`));
process.on("unhandledRejection", (error) => faults.push(`unhandled rejection: ${describe(error)}`));

const logger = {
  info() {},
  // Refused origins.
  warn() {},
  error(message: string, { err }: LogRecord) {
    if (!isRefusal(err)) faults.push(`logged: ${message} ${describe(err)}`);
  },
};

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Documented refusals: clients may choose unusable names, and may send values that cannot be sent back. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof RoomcastError &&
    ["ERR_PAYLOAD", "ERR_EVENT_NAME", "ERR_ROOM", "ERR_LIMIT", "ERR_DISCONNECTED", "ERR_TIMEOUT"].includes(
      error.code,
    )
  );
}

function serve(perMessageDeflate: boolean): { socketio: SocketIO; server: Server } {
  const server = createServer((_request, response) => response.writeHead(404).end());
  // A busy machine may keep a well-behaved client waiting.
  server.keepAliveTimeout = 60_000;
  // Requests that Node itself refuses.
  server.on("clientError", (_error, socket) => socket.destroy());
  const socketio = new SocketIO(server, {
    logger,
    perMessageDeflate,
    allowEIO3: true,
    namespaces: "*",
    connectTimeout: 1500,
    upgradeTimeout: 300,
    maxHttpBufferSize: 50_000,
    maxOutgoingBytes: 1_000_000,
    cookie: true,
  });
  const everywhere = { namespace: "*" };
  socketio.on(
    "connect",
    (auth: unknown) => {
      session.auth = auth;
      joinRoom("lobby");
      emit("welcome", auth);
    },
    everywhere,
  );
  socketio.on(
    "*",
    async (event: string, ...values: unknown[]) => {
      const seen: Record<string, unknown> = {};
      seen[event] = values;
      session[event] = values;
      emit("echo", args(...values), { compress: values.length > 1 });
      emit("seen", seen, { to: "lobby", volatile: true, includeSelf: false });
      if (event !== "") joinRoom(event);
      const [first] = values;
      if (typeof first === "string" && first !== "") {
        emit("named", values, { to: first });
        leaveRoom(first);
      }
      if (event === "message") emit("ask", values, { callback: () => {} });
      if (event === "json") await call("ask", values, { timeout: 100 });
      if (event === "then") disconnect();
      if (event === "toString") emit(event, values);
      return values.length > 2 ? args(...values) : first;
    },
    everywhere,
  );
  if (isFaulty) socketio.on("connect", () => void Promise.reject(new Error("a planted fault")));
  socketio.on("disconnect", () => emit("gone", session.auth, { to: "lobby" }), everywhere);
  socketio.on("echo", (number: number) => number, { namespace: "/canary" });
  socketio.trace((event) => {
    const what =
      event.type === "request refused"
        ? `refused: ${event.message}`
        : event.type === "connection close"
          ? `closed: ${event.reason}`
          : event.type;
    events[what] = (events[what] ?? 0) + 1;
  });
  return { socketio, server };
}

const sites = [serve(false), serve(true)];

async function count(): Promise<Counts> {
  let connections = 0;
  let clients = 0;
  for (const { socketio, server } of sites) {
    clients += socketio.clientCount;
    connections += await new Promise<number>((resolve, reject) =>
      server.getConnections((error, open) => (error === null ? resolve(open) : reject(error))),
    );
  }
  return { connections, clients, faults, events };
}

async function countAll(): Promise<Holdings> {
  collectGarbage?.();
  const objects = Object.fromEntries(classes.map((type) => [type.name, Number(queryObjects(type))]));
  return { ...(await count()), objects, heap: process.memoryUsage().heapUsed };
}

process.on("message", async (question: LiveQuestion) => {
  process.send?.(question === "counts" ? await count() : await countAll());
});
process.on("disconnect", () => process.exit());

const ports: number[] = [];
for (const { server } of sites) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ports.push((server.address() as AddressInfo).port);
}
process.send?.({ ports } satisfies LivePorts);
