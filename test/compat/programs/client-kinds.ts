/** The clients of Socket.IO's users, each with the API of the newest. Programs open them by their kind. */

import { createRequire } from "node:module";
import { io as newest, type Socket } from "socket.io-client";
import * as messagePack from "socket.io-msgpack-parser";
import type { ClientOptions } from "./stage.ts";

const require = createRequire(import.meta.url);

/** A version of the client, or the newest with the parser for MessagePack. */
export type ClientKind = "2.5" | "3.1" | "4.8" | "msgpack";

/** The options of a server, which it needs for clients of a kind. */
export function serverOptionsFor(kind: ClientKind): object {
  if (kind === "2.5") return { allowEIO3: true };
  return kind === "msgpack" ? { parser: messagePack } : {};
}

/** Opens a client. */
export function openClient(kind: ClientKind, url: string, options: ClientOptions): Socket {
  switch (kind) {
    case "4.8":
      return newest(url, options);
    case "msgpack":
      return newest(url, { parser: messagePack, ...options });
    case "3.1":
      return withNewNames((require("socket.io-client-3.1") as { io: typeof newest }).io(url, options));
    case "2.5":
      return openOldest(url, options);
    default:
      return kind satisfies never;
  }
}

type Listener = (...values: unknown[]) => void;

/** What the oldest client gets from the server. */
interface OldEvents {
  onevent(packet: { data?: unknown[] }): void;
  on(event: "error", listener: (error: unknown) => void): void;
}

/** It sends what it has to say of itself in the name of its namespace. The root has no such place. */
function openOldest(url: string, { auth, ...options }: ClientOptions): Socket {
  const open = require("socket.io-client-2") as typeof newest;
  const query = typeof auth === "object" ? `?${new URLSearchParams(auth as Record<string, string>)}` : "";
  const socket = open(url + query, options);
  const listeners = new Set<Listener>();
  const old = socket as unknown as OldEvents;
  const receive = old.onevent.bind(socket);
  old.onevent = (packet) => {
    for (const listener of listeners) listener(...(packet.data ?? []));
    receive(packet);
  };
  // A refusal is an error there.
  old.on("error", (error) => {
    const { message, data } =
      typeof error === "object" && error !== null ? (error as { message?: string; data?: unknown }) : {};
    const refusal = Object.assign(new Error(message ?? String(error)), { data });
    for (const listener of socket.listeners("connect_error")) listener(refusal);
  });
  const anyListeners = {
    onAny: (listener: Listener) => listeners.add(listener),
    offAny: (listener?: Listener) => {
      if (listener === undefined) listeners.clear();
      else listeners.delete(listener);
    },
  };
  return withNewNames(Object.assign(socket, anyListeners) as unknown as Socket);
}

/** Adds the methods that only the newest client has, also to further sockets on the same connection. */
function withNewNames(socket: Socket): Socket {
  const manager = socket.io;
  const further = manager.socket.bind(manager);
  manager.socket = (...values) => {
    const made = further(...values);
    return "emitWithAck" in made && Object.hasOwn(made, "emitWithAck") ? made : withMethods(made);
  };
  return withMethods(socket);
}

function withMethods(socket: Socket): Socket {
  const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => void;
  return Object.assign(socket, {
    emitWithAck: (event: string, ...values: unknown[]) =>
      new Promise((resolve) => {
        emit(event, ...values, resolve);
      }),
    timeout: (milliseconds: number) => ({
      emit(event: string, ...values: unknown[]) {
        const callback = values.pop() as Listener;
        const timer = setTimeout(() => end(new Error("operation has timed out")), milliseconds);
        let isOver = false;
        const end = (...answer: unknown[]) => {
          clearTimeout(timer);
          if (!isOver) callback(...answer);
          isOver = true;
        };
        emit(event, ...values, (...answer: unknown[]) => end(null, ...answer));
      },
    }),
  }) as unknown as Socket;
}
