/**
 * One suite of scenarios for three pairs: the client of `roomcast/client` and the stock client with
 * Roomcast's server, and the former with Socket.IO's own server.
 */

import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { args, ConnectionRefusedError, call, disconnect, emit, joinRoom, request, SocketIO } from "roomcast";
import {
  type ClientError,
  type ClientSocket,
  type ConnectOptions,
  connect,
  args as several,
} from "roomcast/client";
import { messagePack } from "roomcast/msgpack";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import stockMessagePack from "socket.io-msgpack-parser";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { soon } from "../support/waiting.ts";

/** A client as the scenarios use it. */
interface Peer {
  readonly received: unknown[][];
  readonly state: "connected" | "lost" | "closed";
  readonly recovered: boolean;
  readonly refusals: { message: string; data: unknown }[];
  emit(event: string, ...values: unknown[]): void;
  call(event: string, ...values: unknown[]): Promise<unknown>;
  answer(event: string, answer: (value: number) => number): void;
  disconnect(): void;
}

interface Settings {
  readonly auth?: object;
  readonly msgpack?: boolean;
}

type Make = (url: string, settings?: Settings) => Peer;

/** Socket.IO's own server ends events with their position, which is a text like any other. */
const stockPosition = /^[\w-]{7}(\.\w+)?$/;

/** An event as it was sent. */
function asSent(event: string, values: unknown[]): unknown[] {
  const last = values.at(-1);
  const sent = typeof last === "string" && stockPosition.test(last) ? values.slice(0, -1) : values;
  return [event, ...sent.map(plain)];
}

/** Bytes of every runtime as the same class. */
const plain = (value: unknown): unknown => (value instanceof Uint8Array ? new Uint8Array(value) : value);

const small: Make = (url, { auth, msgpack = false } = {}) => {
  const socket: ClientSocket = connect(url, {
    WebSocket: WebSocket as never,
    auth,
    minDelay: 50,
    maxDelay: 100,
    ...(msgpack && { parser: messagePack }),
  });
  onTestFinished(() => socket.disconnect());
  const received: unknown[][] = [];
  const refusals: Peer["refusals"] = [];
  socket.on("*", (event, ...values) => void received.push(asSent(event, values)));
  socket.on("connect_error", (error) => void refusals.push(error));
  return {
    received,
    refusals,
    get state() {
      return socket.state === "connected" || socket.state === "closed" ? socket.state : "lost";
    },
    get recovered() {
      return socket.recovered;
    },
    emit: (event, ...values) => void socket.emit(event, several(...values)),
    call: async (event, ...values) => plain(await socket.call(event, several(...values))),
    answer: (event, answer) => void socket.on(event, answer),
    disconnect: () => socket.disconnect(),
  };
};

const stock: Make = (url, { auth, msgpack = false } = {}) => {
  const socket: Socket = io(url, {
    forceNew: true,
    transports: ["websocket"],
    reconnectionDelay: 50,
    reconnectionDelayMax: 100,
    ...(auth && { auth: { ...auth } }),
    ...(msgpack && { parser: stockMessagePack }),
  });
  onTestFinished(() => void socket.disconnect());
  const received: unknown[][] = [];
  const refusals: Peer["refusals"] = [];
  socket.onAny((event, ...values) => {
    received.push([event, ...values.filter((value) => typeof value !== "function").map(plain)]);
  });
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    refusals.push({ message: error.message, data: error.data });
  });
  return {
    received,
    refusals,
    get state() {
      return socket.connected ? "connected" : socket.active ? "lost" : "closed";
    },
    get recovered() {
      return socket.recovered;
    },
    emit: (event, ...values) => void socket.emit(event, ...values),
    call: (event, ...values) =>
      new Promise((resolve) => {
        socket.emit(event, ...values, (...answer: unknown[]) => {
          resolve(plain(answer.length > 1 ? answer : answer[0]));
        });
      }),
    answer: (event, answer) => {
      socket.on(event, (value: number, acknowledge: (answer: number) => void) => acknowledge(answer(value)));
    },
    disconnect: () => void socket.disconnect(),
  };
};

interface TestHost {
  readonly port: number;
  /** Sends to everyone in the recoverable namespace's room. */
  say(value: unknown): void;
  stop(): Promise<void>;
}

async function roomcastHost(msgpack: boolean): Promise<TestHost> {
  const socketio = new SocketIO({
    logger: { info() {}, warn() {}, error() {} },
    parser: msgpack ? "msgpack" : "default",
  });
  const recoverable = socketio.namespace("/recoverable", { recovery: true });
  recoverable.on("connect", () => void (request.recovered || joinRoom("all")));
  socketio.namespace("/closed").on("connect", () => {
    throw new ConnectionRefusedError("no ticket", { help: "buy one" });
  });
  for (const namespace of ["/", "/chat", "/recoverable"]) {
    socketio.events(
      {
        echo: (...values: unknown[]) => args(...values),
        back: (...values: unknown[]) => emit("back", args(...values)),
        none: () => undefined,
        ask: () => call("double", 21),
        where: () => request.namespace,
        leave: () => disconnect(),
      },
      { namespace },
    );
  }
  socketio.namespace("/").on("connect", (auth) => emit("welcome", auth ?? null));
  const { port } = await socketio.run({ port: 0 });
  return {
    port,
    say: (value) => socketio.emit("news", value, { namespace: "/recoverable", to: "all" }),
    stop: () => socketio.stop(),
  };
}

async function stockHost(msgpack: boolean): Promise<TestHost> {
  const server = createServer();
  const sockets = new Server(server, {
    connectionStateRecovery: {},
    ...(msgpack && { parser: stockMessagePack }),
  });
  sockets.of("/closed").use((_socket, next) => {
    next(Object.assign(new Error("no ticket"), { data: { help: "buy one" } }));
  });
  for (const name of ["/", "/chat", "/recoverable"]) {
    sockets.of(name).on("connection", (socket) => {
      if (!socket.recovered) socket.join("all");
      socket.on("echo", (...values) => values.pop()(...values));
      socket.on("back", (...values) => socket.emit("back", ...values));
      socket.on("none", (acknowledge) => acknowledge());
      socket.on("ask", async (acknowledge) => acknowledge(await socket.emitWithAck("double", 21)));
      socket.on("where", (acknowledge) => acknowledge(name));
      socket.on("leave", () => void socket.disconnect());
      if (name === "/")
        socket.emit("welcome", Object.keys(socket.handshake.auth).length > 0 ? socket.handshake.auth : null);
    });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    say: (value) => void sockets.of("/recoverable").to("all").emit("news", value),
    stop: () => sockets.close(),
  };
}

const pairs = [
  ["roomcast/client with Roomcast", small, roomcastHost, false],
  ["socket.io-client 4.8 with Roomcast", stock, roomcastHost, false],
  ["roomcast/client with socket.io 4.8", small, stockHost, false],
  ["roomcast/client with Roomcast, MessagePack", small, roomcastHost, true],
  ["roomcast/client with socket.io 4.8, MessagePack", small, stockHost, true],
] as const;

describe.each(pairs)("%s", (_name, make, start, msgpack) => {
  let host: TestHost;
  const at = (path = "") => `http://127.0.0.1:${host.port}${path}`;
  const client = (path = "", settings: Settings = {}) => make(at(path), { msgpack, ...settings });

  beforeAll(async () => {
    host = await start(msgpack);
  });
  afterAll(() => host.stop());

  it("joins with auth, and gets what the server sends at once", async () => {
    const peer = client("", { auth: { token: "x" } });
    await soon(() => peer.received).toEqual([["welcome", { token: "x" }]]);
    expect(peer.state).toBe("connected");
    const other = client();
    await soon(() => other.received).toEqual([["welcome", null]]);
  });

  it("carries values of every kind in both directions", async () => {
    const peer = client();
    const values = [
      "é\u{1F600}",
      1.5,
      -1,
      true,
      null,
      [1, [2]],
      { a: { b: "c" } },
      "",
      new Uint8Array([0, 255]),
    ];
    for (const value of values) expect(await peer.call("echo", value)).toEqual(value);
    expect(await peer.call("echo", 1, "two")).toEqual([1, "two"]);
    expect(await peer.call("none")).toBeUndefined();
    peer.emit("back", "a", new Uint8Array([1]), new Uint8Array([2]));
    await soon(() => peer.received.at(-1)).toEqual(["back", "a", new Uint8Array([1]), new Uint8Array([2])]);
  });

  it("keeps the order of events and answers", async () => {
    const peer = client();
    const calls = Array.from({ length: 50 }, (_, index) => peer.call("echo", index));
    for (let index = 0; index < 50; index++) peer.emit("back", index);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    const backs = () => peer.received.filter(([event]) => event === "back").map(([, value]) => value);
    await soon(backs).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it("answers the server", async () => {
    const peer = client();
    peer.answer("double", (value) => value * 2);
    expect(await peer.call("ask")).toBe(42);
  });

  it("joins other namespaces", async () => {
    expect(await client("/chat").call("where")).toBe("/chat");
  });

  it("is refused with a message and data", async () => {
    const peer = client("/closed");
    await soon(() => peer.refusals.length).toBe(1);
    expect(peer.refusals[0]).toMatchObject({ message: "no ticket", data: { help: "buy one" } });
    expect(peer.state).toBe("closed");
  });

  it("stays away after a disconnect by the server or by itself", async () => {
    const peer = client("/chat");
    peer.emit("leave");
    await soon(() => peer.state).toBe("closed");
    const other = client();
    await soon(() => other.state).toBe("connected");
    other.disconnect();
    expect(other.state).toBe("closed");
  });

  it("comes back when the connection is lost, and sends what waited", async () => {
    const network = await TcpProxy.open(host.port);
    onTestFinished(() => network.stop());
    const peer = make(`${network.url}/chat`, { msgpack });
    await peer.call("where");
    network.cut();
    await soon(() => peer.state).toBe("lost");
    peer.emit("back", "waited");
    network.restore();
    await soon(() => peer.received).toEqual([["back", "waited"]]);
  });

  it("gets what it missed, once and in order", async () => {
    const network = await TcpProxy.open(host.port);
    onTestFinished(() => network.stop());
    const peer = make(`${network.url}/recoverable`, { msgpack });
    await peer.call("where");
    host.say("before");
    await soon(() => peer.received.length).toBe(1);
    network.cut();
    await soon(() => peer.state).toBe("lost");
    for (let index = 0; index < 5; index++) host.say(index);
    network.restore();
    await soon(() => peer.state).toBe("connected");
    host.say("after");
    const values = ["before", 0, 1, 2, 3, 4, "after"];
    await soon(() => peer.received.map(([, value]) => value)).toEqual(values);
    expect(peer.recovered).toBe(true);
  });
});

describe("a server that cannot serve the small client", () => {
  /** The first error of a client, and its state then. */
  async function failure(url: string, options: ConnectOptions & { WebSocket?: unknown } = {}) {
    const socket = connect(url, { WebSocket: WebSocket as never, ...options });
    onTestFinished(() => socket.disconnect());
    const errors: ClientError[] = [];
    socket.on("connect_error", (error) => void errors.push(error));
    await soon(() => errors.length).toBe(1);
    return { code: errors[0]?.code, message: errors[0]?.message, state: socket.state };
  }

  it("is one clear error where there is none", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({
      code: "ERR_UNREACHABLE",
      message: expect.stringContaining(`127.0.0.1:${port}`),
      state: "connecting",
    });
  });

  it("is one clear error where it refuses the page's origin", async () => {
    const host = await roomcastHost(false);
    onTestFinished(() => host.stop());
    class ForeignPage extends WebSocket {
      constructor(url: string) {
        super(url, { origin: "https://elsewhere.example" });
      }
    }
    expect(await failure(`http://127.0.0.1:${host.port}`, { WebSocket: ForeignPage as never })).toMatchObject(
      {
        code: "ERR_REFUSED",
        message: expect.stringMatching(/check path, origins and proxies.*403/),
      },
    );
  });

  it.each([
    ["Roomcast", "MessagePack", roomcastHost, true],
    ["Roomcast", "JSON", roomcastHost, false],
    ["socket.io 4.8", "MessagePack", stockHost, true],
    ["socket.io 4.8", "JSON", stockHost, false],
  ])(
    "is one clear error where %s speaks %s, and the client does not",
    async (_server, _parser, start, msgpack) => {
      const host = await start(msgpack);
      onTestFinished(() => host.stop());
      expect(
        await failure(`http://127.0.0.1:${host.port}`, msgpack ? {} : { parser: messagePack }),
      ).toMatchObject({
        code: "ERR_PROTOCOL",
        message: expect.stringContaining("parser"),
        state: "connecting",
      });
    },
  );

  it("is one clear error where its path is another one", async () => {
    const host = await roomcastHost(false);
    onTestFinished(() => host.stop());
    expect(await failure(`http://127.0.0.1:${host.port}`, { path: "/elsewhere/" })).toMatchObject({
      code: "ERR_REFUSED",
      message: expect.stringMatching(/elsewhere.*check path, origins and proxies/),
    });
  });

  it("is one clear error where it speaks Socket.IO 2", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { default: attach } = (await import("socket.io-2" as string)) as {
      default: (server: HttpServer) => { close(): void };
    };
    const old = attach(server);
    onTestFinished(() => old.close());
    expect(await failure(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toMatchObject({
      code: "ERR_PROTOCOL",
      message: expect.stringContaining("Socket.IO 2"),
      state: "closed",
    });
  });
});
