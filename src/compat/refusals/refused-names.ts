/** Methods of socket.io's server that the bridge does not have: for each of them, what to do in its place. */

import { EventEmitter } from "node:events";
import { RoomcastError } from "../../base/errors.ts";

const rooms = "adapter.rooms and adapter.sids are there to be read";
const byEmitting = "send with io.to(room).emit()";
const engineOnly = "Roomcast's engine does that inside";
const messagesOnly = "the text would be no packet of Socket.IO; send with socket.emit()";

/** The methods of an emitter. */
const withoutEvents: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(EventEmitter.prototype)
    .filter((name) => typeof Reflect.get(EventEmitter.prototype, name) === "function")
    .map((name) => [name, "listen to the events of socket.conn"]),
);

/** By the kind of object, as the reference page names it. */
export const refusedNames = {
  Server: {
    attachApp: "uWebSockets.js is no server of Node's; attach the bridge to one with io.attach()",
    bind: "Roomcast has an engine of its own; attach the bridge to a server with io.attach()",
  },
  Engine: {
    attach: "attach the bridge to a server with io.attach()",
    handleRequest: "attach the bridge to a server with io.attach(), and it answers its requests itself",
    handleUpgrade: "attach the bridge to a server with io.attach(), and it answers its requests itself",
    onWebTransportSession: "Roomcast has no WebTransport",
    upgrades: engineOnly,
  },
  Connection: { send: messagesOnly, write: messagesOnly },
  Transport: {
    close: "close the connection with conn.close()",
    discard: engineOnly,
    doClose: engineOnly,
    onRequest: engineOnly,
    send: messagesOnly,
    ...withoutEvents,
  },
  Adapter: {
    init: engineOnly,
    close: engineOnly,
    addAll: `${rooms}; change them with socket.join() or io.in(id).socketsJoin()`,
    del: `${rooms}; change them with socket.leave() or io.in(id).socketsLeave()`,
    delAll: `${rooms}; change them with socket.leave() or io.in(id).socketsLeave()`,
    addSockets: `${rooms}; change them with io.in(room).socketsJoin()`,
    delSockets: `${rooms}; change them with io.in(room).socketsLeave()`,
    disconnectSockets: "call io.in(room).disconnectSockets()",
    fetchSockets: "call io.in(room).fetchSockets()",
    broadcast: byEmitting,
    broadcastWithAck: "send with io.to(room).timeout(ms).emitWithAck()",
    serverSideEmit: "call io.serverSideEmit()",
    persistSession: "the option connectionStateRecovery keeps the state of clients",
    restoreSession: "the option connectionStateRecovery keeps the state of clients",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How programs write the objects. */
const written = {
  Server: "io",
  Engine: "io.engine",
  Connection: "socket.conn",
  Transport: "socket.conn.transport",
  Adapter: "namespace.adapter",
} as const;

/** Gives a class the methods that it does not have. Each throws an error that says what to do. */
export function refuseMethods(prototype: object, kind: keyof typeof refusedNames): void {
  for (const [name, advice] of Object.entries(refusedNames[kind])) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value: (): never => {
        throw new RoomcastError("ERR_APP", `${written[kind]}.${name}() is not there: ${advice}.`);
      },
    });
  }
}
