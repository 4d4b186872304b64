/**
 * Engine.IO v4 packets in the form that WebSocket carries: one digit and the data, or the bare bytes of a
 * binary message. Knows no transport; the form that long polling carries is in `polling-payload.ts`.
 */

import { ProtocolError } from "../base/errors.ts";
import { quoted } from "../base/printable.ts";

/** A packet of Engine.IO v4. `ping` and `pong` carry `""`, or `"probe"` while a transport is tried out. */
export type EnginePacket =
  | { type: "open"; data: string }
  | { type: "close" }
  | { type: "ping"; data: string }
  | { type: "pong"; data: string }
  | { type: "message"; data: string | Uint8Array }
  | { type: "upgrade" }
  | { type: "noop" };

/**
 * Encodes a packet for a transport that has text and binary messages.
 *
 * @param packet - what to send
 * @returns text such as `4hello`, or for a binary message its bytes as they are
 */
export function encodeEnginePacket(packet: EnginePacket): string | Uint8Array {
  switch (packet.type) {
    case "open":
      return `0${packet.data}`;
    case "close":
      return "1";
    case "ping":
      return `2${packet.data}`;
    case "pong":
      return `3${packet.data}`;
    case "message":
      return typeof packet.data === "string" ? `4${packet.data}` : packet.data;
    case "upgrade":
      return "5";
    case "noop":
      return "6";
    default:
      return packet satisfies never;
  }
}

/**
 * Decodes what a transport with text and binary messages received.
 *
 * @param data - the text, or the bytes of a binary message
 * @returns the packet; data behind a `close`, `upgrade` or `noop` is dropped
 * @throws ProtocolError when the text is empty or begins with no known type
 */
export function decodeEnginePacket(data: string | Uint8Array): EnginePacket {
  return typeof data === "string" ? decodeEngineText(data, 0, data.length) : { type: "message", data };
}

/**
 * Decodes the text packet that stands at `start` to `end` in a longer text, so that no caller has to cut it
 * out first.
 *
 * @param text - the text that holds the packet
 * @param start - index of the packet's type
 * @param end - index behind the packet
 * @returns the packet
 * @throws ProtocolError when the packet is empty or begins with no known type
 */
export function decodeEngineText(text: string, start: number, end: number): EnginePacket {
  if (start >= end) throw new ProtocolError("empty Engine.IO packet");
  switch (text.charCodeAt(start)) {
    case 0x34:
      return { type: "message", data: text.slice(start + 1, end) };
    case 0x32:
      return { type: "ping", data: text.slice(start + 1, end) };
    case 0x33:
      return { type: "pong", data: text.slice(start + 1, end) };
    case 0x35:
      return { type: "upgrade" };
    case 0x36:
      return { type: "noop" };
    case 0x31:
      return { type: "close" };
    case 0x30:
      return { type: "open", data: text.slice(start + 1, end) };
    default:
      throw new ProtocolError(`unknown Engine.IO packet type ${quoted(text.charAt(start))}`);
  }
}
