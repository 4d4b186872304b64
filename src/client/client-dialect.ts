/** How the revisions 3 and 4 of Engine.IO differ for a client. Knows no connection. */

import { ProtocolError } from "../base/errors.ts";
import {
  decodeOldBinary,
  decodeOldBinaryPayload,
  decodeOldPayload,
  decodeOldText,
  eio3BinaryPrefix,
  encodeOldBase64,
  encodeOldTextItem,
} from "../protocol/eio3-packet.ts";
import { decodeEnginePacket, type EnginePacket, encodeEnginePacket } from "../protocol/engine-packet.ts";
import { decodePollingPayload, encodePollingPacket, payloadSeparator } from "../protocol/polling-payload.ts";
import type { NetworkAnswer, RequestQuery } from "./network.ts";

/** A revision of Engine.IO: 4 is that of Socket.IO 3 and 4, 3 that of Socket.IO 1 and 2. */
export type EngineRevision = 3 | 4;

/** One revision. */
export interface ClientDialect {
  readonly revision: EngineRevision;
  readonly query: RequestQuery;
  /** Whether the server sends the pings, and the client answers them. */
  readonly serverPings: boolean;
  decodePayload(answer: Pick<NetworkAnswer, "body" | "bytes">): EnginePacket[];
  /** Encodes one packet of a payload. */
  encodeItem(packet: EnginePacket): string;
  joinItems(items: readonly string[]): string;
  decodeFrame(data: string | Uint8Array): EnginePacket;
  encodeFrame(packet: EnginePacket): string | Uint8Array;
}

/** Engine.IO 4. */
export const dialect4: ClientDialect = {
  revision: 4,
  query: { EIO: "4" },
  serverPings: true,
  decodePayload: ({ body }) => decodePollingPayload(body),
  encodeItem: encodePollingPacket,
  joinItems: (items) => items.join(payloadSeparator),
  decodeFrame: decodeEnginePacket,
  encodeFrame: encodeEnginePacket,
};

/** Engine.IO 3, which is asked for payloads of text. */
export const dialect3: ClientDialect = {
  revision: 3,
  query: { EIO: "3", b64: "1" },
  serverPings: false,
  // A payload of text begins with a digit. A server that was asked for revision 4 first sends bytes, too.
  decodePayload: ({ body, bytes }) =>
    (bytes[0] ?? 2) < 2 ? decodeOldBinaryPayload(bytes) : decodeOldPayload(body),
  encodeItem: (packet) => encodeOldTextItem(encodeOldText(packet)),
  joinItems: (items) => items.join(""),
  decodeFrame: (data) =>
    typeof data === "string" ? decodeOldText(data) : { type: "message", data: decodeOldBinary(data) },
  encodeFrame: (packet) => {
    const encoded = encodeEnginePacket(packet);
    if (typeof encoded === "string") return encoded;
    const frame = new Uint8Array(eio3BinaryPrefix.length + encoded.length);
    frame.set(eio3BinaryPrefix);
    frame.set(encoded, eio3BinaryPrefix.length);
    return frame;
  },
};

const utf8 = new TextEncoder();

/** Bytes of a message on the wire. */
export function sizeOf(data: string | Uint8Array): number {
  return typeof data === "string" ? utf8.encode(data).length : data.length;
}

function encodeOldText(packet: EnginePacket): string {
  const encoded = encodeEnginePacket(packet);
  return typeof encoded === "string" ? encoded : encodeOldBase64(encoded);
}

/** The dialect of a revision. */
export function dialectOf(revision: EngineRevision): ClientDialect {
  return revision === 4 ? dialect4 : dialect3;
}

/**
 * Finds out which revision a handshake over long polling is of, whichever was asked for: a server of
 * Socket.IO 2 answers every client in its own.
 *
 *     0{"sid":…}          97:0{"sid":…}2:40
 */
export function dialectOfPayload(body: string): ClientDialect | undefined {
  if (body.startsWith("0{")) return dialect4;
  return /^\d{1,6}:0\{/.test(body) ? dialect3 : undefined;
}

/** Decodes with a dialect; `undefined` instead of an error. */
export function decodedOrNothing(decode: () => EnginePacket[]): EnginePacket[] | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
