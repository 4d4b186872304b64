/** The clients of the scenarios: that of `roomcast/client`, and the stock one. */

import { type ClientSocket, connect, args as several } from "roomcast/client";
import { messagePack } from "roomcast/msgpack";
import { io, type Socket } from "socket.io-client";
import stockMessagePack from "socket.io-msgpack-parser";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** A client as the scenarios use it. */
export interface ScenarioPeer {
  readonly received: unknown[][];
  readonly state: "connected" | "lost" | "closed";
  readonly id: string | undefined;
  readonly recovered: boolean;
  readonly refusals: { message: string; data: unknown }[];
  /** Why it was disconnected, each time. */
  readonly reasons: string[];
  /** The extensions of its WebSocket. */
  readonly extensions: string;
  /** Sends an event, if it can be sent at once or need not. */
  emit(event: string, ...values: unknown[]): void;
  emitVolatile(event: string, ...values: unknown[]): void;
  call(event: string, ...values: unknown[]): Promise<unknown>;
  /** Waits for an answer for this many ms, and returns whether there was none. */
  hasNoAnswer(event: string, timeout: number): Promise<boolean>;
  /** The code and the data of the error that answers an event. */
  failure(event: string): Promise<{ code?: unknown; data?: unknown }>;
  answer(event: string, answer: (value: unknown) => unknown): void;
  /** Another namespace on the same connection. */
  of(namespace: string): ScenarioPeer;
  disconnect(): void;
}

export interface PeerSettings {
  readonly auth?: object | (() => object);
  readonly msgpack?: boolean;
  /** The event with which it sends `auth` again when the server says that it expires. */
  readonly renew?: string;
}

export type MakePeer = (url: string, settings?: PeerSettings) => ScenarioPeer;

/** Socket.IO's own server ends events with their position, which is a text like any other. */
const stockPosition = /^[\w-]{7}(\.\w+)?$/;

/** An event as it was sent. */
function asSent(event: string, values: unknown[]): unknown[] {
  const last = values.at(-1);
  const sent = typeof last === "string" && stockPosition.test(last) ? values.slice(0, -1) : values;
  return [event, ...sent.map(plain)];
}

/** Bytes of every runtime as the same class. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

/** A client of `roomcast/client`. */
export const smallPeer: MakePeer = (url, { auth, msgpack = false, renew } = {}) => {
  let latest: WebSocket | undefined;
  class Seen extends WebSocket {
    constructor(url: string) {
      super(url);
      latest = this;
    }
  }
  const socket: ClientSocket = connect(url, {
    WebSocket: Seen as never,
    auth,
    renew,
    minDelay: 50,
    maxDelay: 100,
    ...(msgpack && { parser: messagePack }),
  });
  return around(socket, () => latest?.extensions ?? "");
};

function around(socket: ClientSocket, extensions: () => string): ScenarioPeer {
  onTestFinished(() => socket.disconnect());
  const received: unknown[][] = [];
  const refusals: ScenarioPeer["refusals"] = [];
  const reasons: string[] = [];
  socket.on("*", (event, ...values) => void received.push(asSent(event, values)));
  socket.on("connect_error", (error) => void refusals.push(error));
  socket.on("disconnect", (reason) => void reasons.push(reason));
  return {
    received,
    refusals,
    reasons,
    get state() {
      return socket.state === "connected" || socket.state === "closed" ? socket.state : "lost";
    },
    get id() {
      return socket.id;
    },
    get recovered() {
      return socket.recovered;
    },
    get extensions() {
      return extensions();
    },
    emit: (event, ...values) => void socket.emit(event, several(...values)),
    emitVolatile: (event, ...values) => void socket.emit(event, several(...values), { volatile: true }),
    call: async (event, ...values) => plain(await socket.call(event, several(...values))),
    hasNoAnswer: (event, timeout) =>
      socket.call(event, undefined, { timeout }).then(
        () => false,
        (error) => error.code === "ERR_TIMEOUT",
      ),
    failure: (event) =>
      socket.call(event).then(
        () => ({}),
        ({ code, data }) => ({ code, data }),
      ),
    answer: (event, answer) => void socket.on(event, answer),
    of: (namespace) => around(socket.of(namespace), extensions),
    disconnect: () => socket.disconnect(),
  };
}

/** A client of `socket.io-client`. */
export const stockPeer: MakePeer = (url, { auth, msgpack = false, renew } = {}) => {
  const read = typeof auth === "function" ? auth : () => ({ ...auth });
  const socket: Socket = io(url, {
    forceNew: true,
    transports: ["websocket"],
    reconnectionDelay: 50,
    reconnectionDelayMax: 100,
    ...(auth && { auth: (give: (auth: object) => void) => give(read()) }),
    ...(msgpack && { parser: stockMessagePack }),
  });
  if (renew) socket.on("auth_expiring", () => socket.emit(renew, read()));
  return aroundStock(socket);
};

function aroundStock(socket: Socket): ScenarioPeer {
  onTestFinished(() => void socket.disconnect());
  const received: unknown[][] = [];
  const refusals: ScenarioPeer["refusals"] = [];
  const reasons: string[] = [];
  socket.onAny((event, ...values) => {
    received.push([event, ...values.filter((value) => typeof value !== "function").map(plain)]);
  });
  socket.on("connect_error", (error: Error & { data?: unknown }) => {
    refusals.push({ message: error.message, data: error.data });
  });
  socket.on("disconnect", (reason) => void reasons.push(reason));
  const call = (event: string, ...values: unknown[]) =>
    new Promise((resolve) => {
      socket.emit(event, ...values, (...answer: unknown[]) => {
        resolve(plain(answer.length > 1 ? answer : answer[0]));
      });
    });
  return {
    received,
    refusals,
    reasons,
    get state() {
      return socket.connected ? "connected" : socket.active ? "lost" : "closed";
    },
    get id() {
      return socket.id;
    },
    get recovered() {
      return socket.recovered;
    },
    get extensions() {
      const { ws } = socket.io.engine.transport as unknown as { ws: WebSocket };
      return ws.extensions;
    },
    emit: (event, ...values) => void socket.emit(event, ...values),
    emitVolatile: (event, ...values) => void socket.volatile.emit(event, ...values),
    call,
    hasNoAnswer: (event, timeout) =>
      socket
        .timeout(timeout)
        .emitWithAck(event)
        .then(
          () => false,
          () => true,
        ),
    failure: async (event) => ((await call(event)) as { error: object }).error,
    answer: (event, answer) => {
      socket.on(event, (value: unknown, acknowledge: (answer: unknown) => void) =>
        acknowledge(answer(value)),
      );
    },
    of: (namespace) => aroundStock(socket.io.socket(namespace)),
    disconnect: () => void socket.disconnect(),
  };
}
