/** Events and messages of a stream as bytes, the same for every broker. */

import type { Carrier } from "../../base/tracing/context-propagation.ts";
import type { Target } from "../../core/model/target.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { decodeMessage, encodeMessage } from "../wire/envelope.ts";
import type { KeptEntry } from "./stream-link.ts";

/** An event without an offset. */
export interface UnsequencedEvent {
  readonly target: Target;
  readonly event: EncodedEvent;
  readonly compress: boolean;
  /** The context in which it was sent; absent or `null` where its sender does not trace. */
  readonly carrier?: Carrier | null;
}

/** An event with its offset and its sender. */
export interface StreamEvent extends UnsequencedEvent {
  readonly offset: number;
  /** The node that sent it. */
  readonly origin: string;
  /** The count of this event among those of its node. */
  readonly id: number;
}

/** An event that came on a channel. */
export interface HeardEvent {
  readonly epoch: string;
  readonly channel: string;
  readonly entry: StreamEvent;
  /** Size of the message, in bytes. */
  readonly size: number;
}

/** A message without an offset, but with a place among the events of its node. */
export interface PassedMessage {
  /** The node that sent it. */
  readonly origin: string;
  /** The id of the latest event that this node had sent before; 0 for none. */
  readonly after: number;
  readonly message: Uint8Array;
}

/** Takes a place in the stream for events to the same target that got no offset. No event: it has no name. */
export const lossMarker: EncodedEvent = { prefix: "", body: "[]", attachments: [] };

/** Whether an event is a {@link lossMarker}. */
export function isLossMarker({ event }: UnsequencedEvent): boolean {
  return event.body === lossMarker.body;
}

/** The first byte of each kind of message. */
export const messageKinds = {
  event: 0x65,
  barrier: 0x66,
  gap: 0x67,
  gone: 0x7a,
  passed: 0x70,
  taken: 0x78,
} as const;

const colon = 0x3a;

/** Encodes an event that is to get an offset. */
export function encodeEntry(origin: string, id: number, event: UnsequencedEvent): Uint8Array {
  return encodeMessage({ type: "event", origin, id, volatile: false, ...event });
}

/** Reads `e<epoch>:<offset>:<event>`; `null` for anything else. */
export function readHeard(channel: string, bytes: Uint8Array): HeardEvent | null {
  const first = bytes.indexOf(colon);
  const second = bytes.indexOf(colon, first + 1);
  const entry = readEvent(Number(textOf(bytes.subarray(first + 1, second))), bytes.subarray(second + 1));
  const epoch = textOf(bytes.subarray(1, first));
  return entry === null ? null : { epoch, channel, entry, size: bytes.length };
}

/** Writes `p<origin>:<after>:<message>`. */
export function encodePassed({ origin, after, message }: PassedMessage): Uint8Array {
  return Buffer.concat([Buffer.from(`p${origin}:${after}:`), message]);
}

/** Reads `p<origin>:<after>:<message>`. */
export function readPassed(bytes: Uint8Array): PassedMessage {
  const first = bytes.indexOf(colon);
  const second = bytes.indexOf(colon, first + 1);
  return {
    origin: textOf(bytes.subarray(1, first)),
    after: Number(textOf(bytes.subarray(first + 1, second))),
    message: bytes.subarray(second + 1),
  };
}

/** Reads the two texts of `x<one>:<other>`, or of another kind. */
export function readPair(bytes: Uint8Array): [one: string, other: string] {
  const text = textOf(bytes);
  const middle = text.indexOf(":");
  return [text.slice(1, middle), text.slice(middle + 1)];
}

/** Reads an event that a broker keeps; `null` for anything else. */
export function readEntry({ offset, message }: KeptEntry): StreamEvent | null {
  return readEvent(offset, message);
}

function readEvent(offset: number, bytes: Uint8Array): StreamEvent | null {
  // A node reads its own events, too, so no origin counts as its own.
  const message = decodeMessage(bytes, "");
  if (message.type !== "event" || !(Number.isSafeInteger(offset) && offset > 0)) return null;
  const { origin, id, target, event, compress, carrier } = message;
  return { offset, origin, id, target, event, compress, ...(carrier && { carrier }) };
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString();
}
