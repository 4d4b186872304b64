/**
 * The protocol of Socket.IO 2's clients, as far as it differs: Engine.IO version 3 (payloads of long polling,
 * the form of binary messages) and revision 4 of Socket.IO's own protocol. Knows no transport.
 */

import { compactBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { decodeEngineText, type EnginePacket } from "./engine-packet.ts";

/** The type of a message as the first byte of a binary packet. */
const messageByte = 4;
const letterB = 0x62;
const digitFour = 0x34;
const zero = 0x30;
const colon = 0x3a;
/** Stands between the length of a packet in a binary payload and the packet. */
const lengthEnd = 255;
/** Digits of a length. No payload is longer than what ten of them can say. */
const maxDigits = 10;

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/**
 * What stands in front of the bytes of a binary message on a WebSocket.
 *
 *     04 01 02 03
 */
export const eio3BinaryPrefix: Uint8Array = new Uint8Array([messageByte]);

/**
 * Encodes a binary message for a client that takes only text.
 *
 * @param bytes - the message
 * @returns text such as `b4AQID`
 */
export function encodeOldBase64(bytes: Uint8Array): string {
  return `b4${encodeBase64(bytes)}`;
}

/**
 * Encodes one packet of a payload of text; such a payload is its packets, one behind the other.
 *
 * @param text - the packet as text, whose length is counted in UTF-16 code units
 * @returns text such as `6:4hello`
 */
export function encodeOldTextItem(text: string): string {
  return `${text.length}:${text}`;
}

/**
 * Encodes one text packet of a binary payload.
 *
 *     00 06 ff "4hello"
 */
export function encodeOldTextPieces(text: string): readonly Uint8Array[] {
  const bytes = utf8.encode(text);
  return [itemHeader(0, bytes.length), bytes];
}

/**
 * Encodes one binary message of a binary payload.
 *
 *     01 04 ff 04 01 02 03
 */
export function encodeOldBinaryPieces(bytes: Uint8Array): readonly Uint8Array[] {
  return [itemHeader(1, bytes.length + 1), eio3BinaryPrefix, bytes];
}

/**
 * Decodes what came as text: over a WebSocket, or as one packet of a payload.
 *
 * @param text - such as `4hello`, or `b4AQID` for a binary message
 * @throws ProtocolError when it is empty, of no known type, or not base64 behind `b4`
 */
export function decodeOldText(text: string): EnginePacket {
  return isOldBase64(text)
    ? { type: "message", data: decodeOldBase64(text) }
    : decodeEngineText(text, 0, text.length);
}

/** Whether text stands for a binary packet. */
export function isOldBase64(text: string): boolean {
  return text.charCodeAt(0) === letterB;
}

/**
 * Decodes a binary message from text.
 *
 * @throws ProtocolError when it is no message, or not base64
 */
export function decodeOldBase64(text: string): Uint8Array {
  if (text.charCodeAt(1) !== digitFour) throw new ProtocolError("a binary packet that is no message");
  return decodeBase64(text.slice(2));
}

/**
 * Decodes what came as bytes: over a WebSocket, or as one packet of a binary payload.
 *
 * @returns the bytes behind the type, as a view of the same memory where they are most of it
 * @throws ProtocolError when it is no message
 */
export function decodeOldBinary(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== messageByte) throw new ProtocolError("a binary packet that is no message");
  return compactBytes(bytes.subarray(1));
}

/**
 * Decodes a payload of text.
 *
 * @param payload - such as `6:4hello1:2`
 * @param maxPackets - how many packets it may hold. Default: as many as fit
 * @throws ProtocolError when a length is missing or wrong, a packet is not valid, and when there are too many
 */
export function decodeOldPayload(payload: string, maxPackets = Number.POSITIVE_INFINITY): EnginePacket[] {
  if (payload === "") throw new ProtocolError("empty payload");
  const packets: EnginePacket[] = [];
  let index = 0;
  while (index < payload.length) {
    if (packets.length >= maxPackets) throw tooManyPackets(maxPackets);
    const end = payload.indexOf(":", index);
    // The search is bounded by what a length may be, not by where the next colon stands.
    if (end === -1 || end === index || end - index > maxDigits) throw badLength();
    let length = 0;
    for (; index < end; index++) length = addDigit(length, payload.charCodeAt(index) - zero);
    const start = end + 1;
    index = start + length;
    if (index > payload.length) throw badLength();
    // Clients write "0:" where they have nothing to say.
    if (length > 0) packets.push(decodeOldText(payload.slice(start, index)));
  }
  return packets;
}

/**
 * Decodes a binary payload.
 *
 * @param payload - such as `00 06 ff "4hello" 01 04 ff 04 01 02 03`
 * @param maxPackets - how many packets it may hold. Default: as many as fit
 * @throws ProtocolError when a length is missing or wrong, a packet is not valid, text is not UTF-8, and when
 *   there are too many packets
 */
export function decodeOldBinaryPayload(
  payload: Uint8Array,
  maxPackets = Number.POSITIVE_INFINITY,
): EnginePacket[] {
  if (payload.length === 0) throw new ProtocolError("empty payload");
  const packets: EnginePacket[] = [];
  let index = 0;
  while (index < payload.length) {
    if (packets.length >= maxPackets) throw tooManyPackets(maxPackets);
    const kind = payload[index];
    if (kind !== 0 && kind !== 1) throw new ProtocolError("a packet that is neither text nor binary");
    const digits = ++index;
    let length = 0;
    for (; payload[index] !== lengthEnd; index++) {
      if (index - digits >= maxDigits) throw badLength();
      length = addDigit(length, payload[index] ?? colon);
    }
    if (index === digits) throw badLength();
    const start = index + 1;
    index = start + length;
    if (index > payload.length) throw badLength();
    const bytes = payload.subarray(start, index);
    if (kind === 1) packets.push({ type: "message", data: decodeOldBinary(bytes) });
    else if (length > 0) packets.push(decodeOldText(decodeUtf8(bytes)));
  }
  return packets;
}

/** The most characters of a namespace together with its query. */
export const maxOldNamespaceLength = 8192;

/**
 * Takes a namespace apart that a client asks for: its query is what newer clients send as `auth`.
 *
 * @param address - such as `/chat?token=x`
 */
export function splitOldNamespace(address: string): { namespace: string; query?: Record<string, string> } {
  const mark = address.indexOf("?");
  if (mark === -1) return { namespace: address };
  return {
    namespace: address.slice(0, mark),
    query: Object.fromEntries(new URLSearchParams(address.slice(mark + 1))),
  };
}

function itemHeader(kind: 0 | 1, length: number): Uint8Array {
  const digits = String(length);
  const header = new Uint8Array(digits.length + 2);
  header[0] = kind;
  for (let index = 0; index < digits.length; index++) header[index + 1] = digits.charCodeAt(index) - zero;
  header[digits.length + 1] = lengthEnd;
  return header;
}

function addDigit(length: number, digit: number): number {
  if (digit < 0 || digit > 9) throw badLength();
  return length * 10 + digit;
}

function tooManyPackets(maxPackets: number): ProtocolError {
  return new ProtocolError(`more than ${maxPackets} packets in one payload`, "too many packets");
}

function badLength(): ProtocolError {
  return new ProtocolError("a packet without a valid length");
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictText.decode(bytes);
  } catch {
    throw new ProtocolError("text that is not UTF-8");
  }
}
