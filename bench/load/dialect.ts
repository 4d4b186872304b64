/** The language of a server: Socket.IO, or the plain messages of the floor servers. Knows no sockets. */

import { binaryFrame, compressedFrame, textFrame } from "./frames.ts";

/** Encodes the events of the benchmark. */
export interface Dialect {
  readonly name: "socket.io" | "plain";
  /** The path of the WebSocket. */
  readonly path: string;
  /** Whether a handshake of Engine.IO and Socket.IO follows the WebSocket handshake. */
  readonly greets: boolean;
  /** An event, as a frame. Objects are for Socket.IO alone. */
  event(name: EventName, ...values: readonly (string | number | object)[]): Buffer;
  /** The same as a compressed frame, where that has a meaning. */
  compressed(name: EventName, ...values: readonly (string | number | object)[]): Buffer;
  /** An event with one binary argument, as one or two frames. */
  binary(bytes: Uint8Array): Buffer;
}

/** The events that every benchmark server handles. */
export type EventName = "ack" | "broadcast" | "burst" | "echo" | "flush" | "join" | "leave" | "room" | "sink";

// Only the client interprets the id of an acknowledgement, so it can always be the same.
const socketIoText: (...event: Parameters<Dialect["event"]>) => string = (name, ...values) =>
  `42${name === "ack" ? "0" : ""}${JSON.stringify([name, ...values])}`;

const socketIo: Dialect = {
  name: "socket.io",
  path: "/socket.io/?EIO=4&transport=websocket",
  greets: true,
  event: (...event) => textFrame(socketIoText(...event)),
  compressed: (...event) => compressedFrame(socketIoText(...event)),
  binary: (bytes) =>
    Buffer.concat([textFrame('451-["binary",{"_placeholder":true,"num":0}]'), binaryFrame(bytes)]),
};

const letters: Readonly<Record<EventName, string>> = {
  ack: "e",
  broadcast: "b",
  burst: "t",
  echo: "e",
  flush: "f",
  join: "j",
  leave: "l",
  room: "r",
  sink: "s",
};

const plain: Dialect = {
  name: "plain",
  path: "/",
  greets: false,
  event: (name, ...values) => textFrame(letters[name] + values.join("\n")),
  compressed: (name, ...values) => compressedFrame(letters[name] + values.join("\n")),
  binary: (bytes) => binaryFrame(bytes),
};

/** All dialects by name. */
export const dialects: Readonly<Record<Dialect["name"], Dialect>> = { "socket.io": socketIo, plain };
