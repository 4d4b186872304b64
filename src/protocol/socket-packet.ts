/**
 * Packets of Socket.IO v5 as values, and the limits and names that both directions keep to. Knows neither
 * Engine.IO nor connections; the server and the client use them alike.
 */

import { quoted } from "../base/printable.ts";

/** A packet of Socket.IO v5. `namespace` is `"/"` where the wire names none. */
export type SocketPacket =
  | { type: "connect"; namespace: string; data?: unknown }
  | { type: "disconnect"; namespace: string }
  | { type: "event"; namespace: string; id?: number; data: [event: string, ...arguments: unknown[]] }
  | { type: "ack"; namespace: string; id: number; data: unknown[] }
  | { type: "connect_error"; namespace: string; data: unknown };

/** A packet ready to be sent: one text message and the binary messages that follow it. */
export interface EncodedSocketPacket {
  readonly text: string;
  /** Whether the text is known to be nothing but ASCII. Default `false`. */
  readonly isAscii?: boolean;
  /** Views of the memory that the packet's values have; not to be changed until they are sent. */
  readonly attachments: readonly Uint8Array[];
}

/**
 * An event ready to be sent but for its acknowledgement id, so that each receiver of one event may have its
 * own: the text is `prefix`, then the id if there is one, then `body`.
 */
export interface EncodedEvent {
  /** All before the id, for example `2/chat,` or `51-`. */
  readonly prefix: string;
  /** All behind the id: the JSON. */
  readonly body: string;
  /** Whether both are known to be nothing but ASCII. Default `false`. */
  readonly isAscii?: boolean;
  /** Views of the memory that the event's values have; not to be changed until they are sent. */
  readonly attachments: readonly Uint8Array[];
}

/** What a decoder takes from a peer. */
export interface DecoderLimits {
  /** Attachments of one packet. Default 10, as in the stock parser. */
  maxAttachments: number;
  /** Levels of arrays and objects in a packet's JSON, the outermost included. Default 128. */
  maxDepth: number;
  /** Characters of a namespace's name. Default 255. */
  maxNamespaceLength: number;
  /** Characters of an event's name. Default 255. */
  maxEventLength: number;
  /** Arguments of an event or acknowledgement. Default 1000. */
  maxArguments: number;
}

/**
 * Decodes the packets of one connection, however they are put into messages. After an error it is as good as
 * new.
 */
export interface PacketDecoder {
  /**
   * Takes a text message.
   *
   * @param text - holds the message from `start` to its end
   * @param start - index where the message begins
   * @returns the packet that is complete with it, if there is one
   * @throws ProtocolError when it is not valid or beyond a limit
   */
  decodeText(text: string, start: number): SocketPacket | undefined;
  /**
   * Takes a binary message, which may become part of the packet as it is.
   *
   * @returns the packet that is complete with it, if there is one
   * @throws ProtocolError when it is not valid or beyond a limit
   */
  decodeBinary(bytes: Uint8Array): SocketPacket | undefined;
  /** Forgets a packet that is not complete. */
  reset(): void;
}

/** The limits of a decoder that is given none. */
export const defaultDecoderLimits: Readonly<DecoderLimits> = Object.freeze({
  maxAttachments: 10,
  maxDepth: 128,
  maxNamespaceLength: 255,
  maxEventLength: 255,
  maxArguments: 1000,
});

/** Names that no event may have, because one peer or the other gives them a meaning of its own. */
export const reservedEvents: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** A short piece of foreign text, for a message. */
export function excerpt(text: unknown): string {
  return quoted(String(text).slice(0, 30));
}
