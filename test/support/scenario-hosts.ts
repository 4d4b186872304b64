/** The servers of the scenarios: Roomcast's, and socket.io's own. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  args,
  ConnectionRefusedError,
  call,
  disconnect,
  emit,
  expireAt,
  joinRoom,
  refuse,
  request,
  SocketIO,
  session,
} from "roomcast";
import { Server } from "socket.io";
import stockMessagePack from "socket.io-msgpack-parser";

export interface ScenarioHost {
  readonly port: number;
  /** How many connections there are, whatever the number of their namespaces. */
  readonly connections: number;
  /** Sends to everyone in the recoverable namespace's room. */
  say(value: unknown): void;
  stop(): Promise<void>;
}

export interface HostSettings {
  readonly msgpack?: boolean;
  readonly compressed?: boolean;
}

export type StartHost = (settings?: HostSettings) => Promise<ScenarioHost>;

/** The largest message that the servers take, in bytes. */
export const maxHttpBufferSize = 300_000;
const namespaces = ["/", "/chat", "/recoverable"];

/** Starts Roomcast's server. */
export const roomcastHost: StartHost = async ({ msgpack = false, compressed = false } = {}) => {
  const socketio = new SocketIO({
    logger: { info() {}, warn() {}, error() {} },
    parser: msgpack ? "msgpack" : "default",
    perMessageDeflate: compressed,
    maxHttpBufferSize,
  });
  const recoverable = socketio.namespace("/recoverable", { recovery: true });
  recoverable.on("connect", () => void (request.recovered || joinRoom("all")));
  socketio.namespace("/closed").on("connect", () => {
    throw new ConnectionRefusedError("no ticket", { help: "buy one" });
  });
  socketio.namespace("/expiring").events({
    connect({ token }) {
      session.token = token;
      expireAt(Date.now() + 60_000, { notice: 59_950 });
    },
    authenticate({ token }) {
      session.token = token;
      expireAt(null);
    },
    token: () => session.token,
  });
  for (const namespace of namespaces) {
    socketio.events(
      {
        echo: (...values: unknown[]) => args(...values),
        back: (...values: unknown[]) => emit("back", args(...values)),
        none: () => undefined,
        never: () => new Promise(() => {}),
        muted: () => {
          throw refuse("muted", { until: 5 });
        },
        ask: (event = "double", value: unknown = 21) => call(String(event), value),
        where: () => request.namespace,
        leave: () => disconnect(),
        'odd "name"\n\u{1F600}': () => "odd",
      },
      { namespace },
    );
  }
  socketio.namespace("/").on("connect", (auth) => emit("welcome", auth ?? null));
  const { port } = await socketio.run({ port: 0 });
  return {
    port,
    get connections() {
      return socketio.stats().connections;
    },
    say: (value) => socketio.emit("news", value, { namespace: "/recoverable", to: "all" }),
    stop: () => socketio.stop(),
  };
};

/** Starts socket.io's server. */
export const stockHost: StartHost = async ({ msgpack = false, compressed = false } = {}) => {
  const server = createServer();
  const sockets = new Server(server, {
    connectionStateRecovery: {},
    maxHttpBufferSize,
    perMessageDeflate: compressed,
    ...(msgpack && { parser: stockMessagePack }),
  });
  sockets.of("/closed").use((_socket, next) => {
    next(Object.assign(new Error("no ticket"), { data: { help: "buy one" } }));
  });
  sockets.of("/expiring").on("connection", (socket) => {
    let { token } = socket.handshake.auth;
    setTimeout(() => socket.emit("auth_expiring", { expiresAt: Date.now() + 60_000 }), 50);
    socket.on("authenticate", (auth) => {
      token = auth.token;
    });
    socket.on("token", (acknowledge) => acknowledge(token));
  });
  for (const name of namespaces) {
    sockets.of(name).on("connection", (socket) => {
      if (!socket.recovered) socket.join("all");
      socket.on("echo", (...values) => values.pop()(...values));
      socket.on("back", (...values) => socket.emit("back", ...values));
      socket.on("none", (acknowledge) => acknowledge());
      socket.on("never", () => {});
      socket.on("muted", (acknowledge) =>
        acknowledge({
          error: { code: "muted", message: "The event was refused: muted", data: { until: 5 } },
        }),
      );
      socket.on("ask", async (...values) => {
        const acknowledge = values.pop();
        const [event = "double", value = 21] = values;
        acknowledge(await socket.emitWithAck(event, value));
      });
      socket.on("where", (acknowledge) => acknowledge(name));
      socket.on("leave", () => void socket.disconnect());
      socket.on('odd "name"\n\u{1F600}', (acknowledge) => acknowledge("odd"));
      if (name === "/")
        socket.emit("welcome", Object.keys(socket.handshake.auth).length > 0 ? socket.handshake.auth : null);
    });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.engine.clientsCount;
    },
    say: (value) => void sockets.of("/recoverable").to("all").emit("news", value),
    stop: () => sockets.close(),
  };
};
