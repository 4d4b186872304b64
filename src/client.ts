/** The subpath `roomcast/client`: a small client for browsers, Node and Bun. */

export { type CallError, ClientError, type ClientErrorCode } from "./browser/client-error.ts";
export type {
  ClientAuth,
  ClientNamespaceOptions,
  ClientState,
  LocalEvents,
} from "./browser/client-options.ts";
export type { ClientSocket, NamesOf } from "./browser/client-socket.ts";
export { type ConnectOptions, connect } from "./browser/connect.ts";
export type { ClientCallOptions, ClientEmitOptions, ClientQueueOptions } from "./browser/event-sender.ts";
export type { Frame, Packet, PacketParser } from "./browser/packet-codec.ts";
export { type Arguments, args } from "./contract/arguments.ts";
export type { Contract, EventMap } from "./contract/events.ts";
