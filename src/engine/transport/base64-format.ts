/**
 * Engine.IO 4 for clients that ask for text alone (`b64=1`, the option `forceBase64`): over WebSocket, too, a
 * binary message is text, `b` and base64, as in polling payloads. What such a client sends is read by every
 * connection.
 */

import { decodeBase64, encodeBase64 } from "../../protocol/base64.ts";
import { ConvertedFrames } from "./converted-frames.ts";
import { type WireFormat, wireForm } from "./wire-format.ts";

const prefix = "b";

/** Whether a text message stands for a binary one. */
export function isBase64Message(text: string): boolean {
  return text.startsWith(prefix);
}

/**
 * The binary message that a text message stands for.
 *
 * @throws ProtocolError when it is not base64
 */
export function decodeBase64Message(text: string): Uint8Array {
  return decodeBase64(text.slice(prefix.length));
}

const frames = new ConvertedFrames((bytes) => prefix + encodeBase64(bytes));

/** The form for clients that take only text. */
export const base64Format: WireFormat = {
  ...wireForm,
  frames: (batch) => frames.of(batch),
  messages: (packet) => frames.messagesOf(packet),
};
