/** Events with numbers as Redis has them: published under one, and kept under one. */

import type { Target } from "../../core/model/target.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { decodeMessage, encodeMessage } from "../wire/envelope.ts";
import type { KeptEntry } from "./stream-link.ts";

/** An event that waits for its number. */
export interface UnsequencedEvent {
  readonly target: Target;
  readonly event: EncodedEvent;
  readonly compress: boolean;
}

/** An event with its number, and who sent it. */
export interface StreamEvent extends UnsequencedEvent {
  readonly offset: number;
  readonly origin: string;
  /** Which of its events it is to the process that sent it. */
  readonly id: number;
}

/** An event that was heard on a channel. */
export interface HeardEvent {
  readonly epoch: string;
  readonly channel: string;
  readonly entry: StreamEvent;
  /** How long the message was, in bytes. */
  readonly size: number;
}

/** A message that has no number, but its place among the events of the process that sent it. */
export interface PassedMessage {
  /** The process that sent it. */
  readonly origin: string;
  /** The latest event that this process had sent before; 0 for none. */
  readonly after: number;
  readonly message: Uint8Array;
}

/** Stands among the events for some that were sent to the same target without numbers. It is none itself: it has no name. */
export const lossMarker: EncodedEvent = { prefix: "", body: "[]", attachments: [] };

/** Whether it is a {@link lossMarker}. */
export function isLossMarker({ event }: UnsequencedEvent): boolean {
  return event.body === lossMarker.body;
}

/** What the kinds of messages begin with. */
export const messageKinds = {
  event: 0x65,
  barrier: 0x66,
  gap: 0x67,
  gone: 0x7a,
  passed: 0x70,
  taken: 0x78,
} as const;

const colon = 0x3a;

/** Makes an event ready to be numbered. */
export function encodeEntry(origin: string, id: number, event: UnsequencedEvent): Uint8Array {
  return encodeMessage({ type: "event", origin, id, volatile: false, ...event });
}

/** Reads `e<epoch>:<number>:<event>`; `null` for anything else. */
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

/** Reads `x<one>:<other>`, and of other kinds alike. */
export function readPair(bytes: Uint8Array): [one: string, other: string] {
  const text = textOf(bytes);
  const middle = text.indexOf(":");
  return [text.slice(1, middle), text.slice(middle + 1)];
}

/** Reads what is kept; `null` for what is no event. */
export function readEntry({ offset, message }: KeptEntry): StreamEvent | null {
  return readEvent(offset, message);
}

function readEvent(offset: number, bytes: Uint8Array): StreamEvent | null {
  // Its own events come back to a process, too: no id is its own here.
  const message = decodeMessage(bytes, "");
  if (message.type !== "event" || !(Number.isSafeInteger(offset) && offset > 0)) return null;
  const { origin, id, target, event, compress } = message;
  return { offset, origin, id, target, event, compress };
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString();
}
