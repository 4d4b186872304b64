/**
 * One application on four servers, to show that a tool does the same with each: Roomcast, Socket.IO 4 and 2,
 * and python-socketio.
 *
 * - `say` sends its values back as `said`, and acknowledges with them; `count` sends `number` 1 to n
 * - `ask me` asks the client `question`, and sends its answer as `thanks`; `silent` has no answer
 * - `kick me` ends the client's stay; `/private` wants the token "secret"
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { args, ConnectionRefusedError, call, disconnect, emit, SocketIO } from "roomcast";
import { Server } from "socket.io";
import socketIo2 from "socket.io-2";

/** A server that listens. */
export interface SocketServer {
  /** As reports call it. */
  readonly name: "roomcast" | "socket.io 4" | "socket.io 2" | "python-socketio";
  readonly url: string;
  stop(): Promise<void>;
}

const namespaces = ["/", "/chat", "/private"];

/** Starts Roomcast, with a dashboard for "ops" and the password "correct horse". */
export async function startRoomcast(): Promise<SocketServer> {
  const socketio = new SocketIO({ logger: { info() {}, warn() {}, error() {} } });
  socketio.dashboard({ auth: { username: "ops", password: "correct horse" } });
  for (const name of namespaces) {
    const namespace = socketio.namespace(name);
    namespace.on("connect", (auth) => {
      if (name === "/private" && auth?.token !== "secret")
        throw new ConnectionRefusedError("wrong token", { hint: "ask Ada" });
    });
    namespace.on("say", (...values) => {
      emit("said", args(...values));
      return args(...values);
    });
    namespace.on("ask me", async () => {
      const answer = await call("question", 7);
      emit("thanks", answer);
    });
    namespace.on("count", (upto: number) => {
      for (let number = 1; number <= upto; number++) emit("number", number);
    });
    namespace.on("kick me", () => disconnect());
    namespace.on("silent", () => new Promise(() => {}));
  }
  const { url } = await socketio.run({ port: 0 });
  return { name: "roomcast", url, stop: () => socketio.stop() };
}

/** What both versions of Socket.IO have of a socket. */
interface StockSocket {
  // biome-ignore lint/suspicious/noExplicitAny: listeners take what the client sends
  on(event: string, listener: (...values: any[]) => void): unknown;
  emit(event: string, ...values: unknown[]): unknown;
  disconnect(close?: boolean): unknown;
}

function serveStock(socket: StockSocket): void {
  socket.on("say", (...values) => {
    const answer = values.at(-1);
    const given = typeof answer === "function" ? values.slice(0, -1) : values;
    socket.emit("said", ...given);
    if (typeof answer === "function") answer(...given);
  });
  socket.on("ask me", () => {
    socket.emit("question", 7, (...answer: unknown[]) => socket.emit("thanks", ...answer));
  });
  socket.on("count", (upto: number) => {
    for (let number = 1; number <= upto; number++) socket.emit("number", number);
  });
  socket.on("kick me", () => socket.disconnect());
}

/** Starts Socket.IO 4. */
export async function startSocketIo4(): Promise<SocketServer> {
  const http = createServer().listen(0, "127.0.0.1");
  const io = new Server(http);
  for (const name of namespaces) {
    io.of(name).use((socket, next) => {
      if (name !== "/private" || socket.handshake.auth.token === "secret") next();
      else next(Object.assign(new Error("wrong token"), { data: { hint: "ask Ada" } }));
    });
    io.of(name).on("connection", serveStock);
  }
  await once(http, "listening");
  return { name: "socket.io 4", url: urlOf(http.address()), stop: async () => io.close() };
}

/** Starts Socket.IO 2. */
export async function startSocketIo2(): Promise<SocketServer> {
  const http = createServer().listen(0, "127.0.0.1");
  const io = socketIo2(http);
  for (const name of namespaces) {
    io.of(name).use((socket, next) => {
      if (name !== "/private" || socket.handshake.query.token === "secret") next();
      else next(Object.assign(new Error("wrong token"), { data: { hint: "ask Ada" } }));
    });
    io.of(name).on("connection", (socket) => {
      serveStock(socket);
      socket.on("query", (answer: (token: unknown) => void) => answer(socket.handshake.query.token));
    });
  }
  await once(http, "listening");
  return {
    name: "socket.io 2",
    url: urlOf(http.address()),
    stop: () => new Promise((resolve) => io.close(() => resolve())),
  };
}

/** Starts python-socketio, which has long polling alone without a further package. */
export async function startPythonSocketIo(): Promise<SocketServer> {
  const program = fileURLToPath(new URL("server.py", import.meta.url));
  const child: ChildProcess = spawn(process.env.PYTHON ?? "/usr/bin/python3", [program, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("Python has no output.");
  const [port] = await once(createInterface(child.stdout), "line");
  return {
    name: "python-socketio",
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

/** Starts all four, Python's where it is there. */
export function startSocketServers(): Promise<SocketServer[]> {
  return Promise.all([
    startRoomcast(),
    startSocketIo4(),
    startSocketIo2(),
    ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : [startPythonSocketIo()]),
  ]);
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}
