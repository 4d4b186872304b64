/**
 * The messages between the processes of one application, as bytes. An event travels as the text that clients
 * get: no process on its way parses its payload or writes it again.
 *
 *     1 byte   version: a message of another one is ignored
 *     1 byte   kind
 *     text     id of the process that sent it
 *     …        the fields of the kind
 */

import type { Carrier } from "../../base/tracing/context-propagation.ts";
import type { Target } from "../../core/model/target.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";

/** The version that this code writes and reads. */
export const envelopeVersion = 1;

/** An event on its way to clients. */
export interface EventMessage {
  readonly type: "event";
  readonly origin: string;
  /** The same in all copies of one event, which goes to several subjects; 0 where there is only one copy. */
  readonly id: number;
  readonly target: Target;
  readonly volatile: boolean;
  readonly compress: boolean;
  readonly event: EncodedEvent;
  /** The context in which it was sent; absent or `null` where the sender does not trace. */
  readonly carrier?: Carrier | null;
}

/** A question to a process. */
export interface QuestionMessage {
  readonly type: "question";
  readonly origin: string;
  /** Names the question in its answers; 0 where none is wanted. */
  readonly id: number;
  /** The question, as JSON. */
  readonly body: unknown;
  /** An event that belongs to the question. */
  readonly event: EncodedEvent | null;
}

/** An answer to a question, or a part of it. */
export interface AnswerMessage {
  readonly type: "answer";
  readonly origin: string;
  /** The question's. */
  readonly id: number;
  /** Whether nothing follows. */
  readonly isLast: boolean;
  readonly body: unknown;
  /** Values that belong to the answer, in the form of an event's. */
  readonly event: EncodedEvent | null;
}

/** A sign of life. */
export interface HeartbeatMessage {
  readonly type: "heartbeat";
  readonly origin: string;
  /** The name of the process for people. */
  readonly label: string;
  /**
   * `"hello"` asks for a sign of life, and so does `"call"`, which begins a round; `"goodbye"` is the last
   * one.
   */
  readonly occasion: "hello" | "beat" | "goodbye" | "call";
  /** Whether the process has clients, so that others ask it for them. A program that only emits has none. */
  readonly isServer: boolean;
  /** Where it takes the requests of its clients that land elsewhere; `null` where it takes none. */
  readonly relay: ToldRelay | null;
  /** In a call, the processes that have answered the caller since its last one; else absent. */
  readonly roll?: readonly RollEntry[];
}

/** A process that is there, as another one says. */
export interface RollEntry {
  readonly node: string;
  readonly isServer: boolean;
  /** Whether it takes requests of its clients that land elsewhere. */
  readonly hasRelay: boolean;
}

/** Where a process takes requests that others relay to it, as a message says. */
export interface ToldRelay {
  readonly host: string;
  readonly port: number;
  /** The key that others need there; `null` where they derive it from a secret that all share. */
  readonly key: Uint8Array | null;
}

/** Where a process takes requests that others relay to it, with the key. */
export interface RelayAddress extends ToldRelay {
  readonly key: Uint8Array;
  /** Names the key, where there may be several. */
  readonly identity?: string;
}

/** Any message. */
export type Message = EventMessage | QuestionMessage | AnswerMessage | HeartbeatMessage;

/** Why a message was not read. */
export interface UnreadableMessage {
  readonly type: "unreadable";
  readonly reason: string;
}

const kinds = { event: 1, question: 2, answer: 3, heartbeat: 4 } as const;
const occasions = ["hello", "beat", "goodbye", "call"] as const;

const entryIsServer = 1;
const entryHasRelay = 2;

const isVolatile = 1;
const isIncompressible = 2;
const hasSid = 4;
const hasRooms = 8;
const hasSkip = 16;
const hasCarrier = 32;

/** Writes a message. */
export function encodeMessage(message: Message): Uint8Array {
  const writer = new ByteWriter(256);
  writer.byte(envelopeVersion);
  writer.byte(kinds[message.type]);
  writer.text(message.origin);
  switch (message.type) {
    case "event": {
      const { target } = message;
      writer.number(message.id);
      writer.byte(
        (message.volatile ? isVolatile : 0) +
          (message.compress ? 0 : isIncompressible) +
          (target.sid === null ? 0 : hasSid) +
          (target.rooms === null ? 0 : hasRooms) +
          (target.skip === null ? 0 : hasSkip) +
          (message.carrier == null ? 0 : hasCarrier),
      );
      writer.text(target.namespace);
      if (target.sid !== null) writer.text(target.sid);
      if (target.rooms !== null) writer.texts(target.rooms);
      if (target.skip !== null) writer.texts(target.skip);
      writeEvent(writer, message.event);
      if (message.carrier != null) writer.texts(Object.entries(message.carrier).flat());
      break;
    }
    case "question":
      writer.number(message.id);
      writer.text(JSON.stringify(message.body));
      writeOptionalEvent(writer, message.event);
      break;
    case "answer":
      writer.number(message.id);
      writer.byte(message.isLast ? 1 : 0);
      writer.text(JSON.stringify(message.body));
      writeOptionalEvent(writer, message.event);
      break;
    case "heartbeat":
      writer.byte(occasions.indexOf(message.occasion));
      writer.byte(message.isServer ? 1 : 0);
      writer.text(message.label);
      writeRelay(writer, message.relay);
      if (message.occasion === "call") writeRoll(writer, message.roll ?? []);
      break;
    default:
      message satisfies never;
  }
  return writer.finish();
}

/** A message that this process sent itself: some brokers return them. */
export interface OwnMessage {
  readonly type: "own";
}

/**
 * Reads a message. It never throws: the outcome is a value, whatever the bytes are.
 *
 * @param self - the process that reads; of its own messages it reads no more than the sender
 */
export function decodeMessage(bytes: Uint8Array, self: string): Message | OwnMessage | UnreadableMessage {
  if (bytes[0] !== envelopeVersion) {
    return { type: "unreadable", reason: `version ${bytes[0] ?? "missing"}, not ${envelopeVersion}` };
  }
  try {
    const reader = new ByteReader(bytes);
    reader.byte();
    const kind = reader.byte();
    const origin = reader.text();
    if (origin === self) return { type: "own" };
    const message = readMessage(reader, kind, origin);
    if (!reader.isAtEnd) throw new RangeError("the message is too long");
    return message;
  } catch (error) {
    return { type: "unreadable", reason: error instanceof Error ? error.message : String(error) };
  }
}

function readMessage(reader: ByteReader, kind: number, origin: string): Message {
  switch (kind) {
    case kinds.event: {
      const id = reader.number();
      const flags = reader.byte();
      const target: Target = {
        namespace: reader.text(),
        sid: (flags & hasSid) === 0 ? null : reader.text(),
        rooms: (flags & hasRooms) === 0 ? null : reader.texts(),
        skip: (flags & hasSkip) === 0 ? null : reader.texts(),
      };
      return {
        type: "event",
        origin,
        id,
        target,
        volatile: (flags & isVolatile) !== 0,
        compress: (flags & isIncompressible) === 0,
        event: readEvent(reader),
        ...((flags & hasCarrier) === 0 ? {} : { carrier: carrierOf(reader.texts()) }),
      };
    }
    case kinds.question:
      return {
        type: "question",
        origin,
        id: reader.number(),
        body: JSON.parse(reader.text()),
        event: readOptionalEvent(reader),
      };
    case kinds.answer:
      return {
        type: "answer",
        origin,
        id: reader.number(),
        isLast: reader.byte() === 1,
        body: JSON.parse(reader.text()),
        event: readOptionalEvent(reader),
      };
    case kinds.heartbeat: {
      const occasion = occasions[reader.byte()];
      if (occasion === undefined) throw new RangeError("an unknown occasion");
      const isServer = reader.byte() === 1;
      const label = reader.text();
      const beat = {
        type: "heartbeat",
        origin,
        occasion,
        isServer,
        label,
        relay: readRelay(reader),
      } as const;
      return occasion === "call" ? { ...beat, roll: readRoll(reader) } : beat;
    }
    default:
      throw new RangeError(`an unknown kind of message: ${kind}`);
  }
}

function carrierOf(texts: readonly string[]): Carrier {
  return Object.fromEntries(
    texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ""] as const] : [])),
  );
}

const relayForms = { none: 0, withKey: 1, withoutKey: 2 } as const;

function writeRelay(writer: ByteWriter, relay: ToldRelay | null): void {
  if (relay === null) {
    writer.byte(relayForms.none);
    return;
  }
  writer.byte(relay.key === null ? relayForms.withoutKey : relayForms.withKey);
  writer.text(relay.host);
  writer.number(relay.port);
  if (relay.key !== null) writer.bytes(relay.key);
}

function readRelay(reader: ByteReader): ToldRelay | null {
  const form = reader.byte();
  if (form === relayForms.none) return null;
  const host = reader.text();
  const port = reader.number();
  // The key is kept for long. A view would keep the whole message.
  const key = form === relayForms.withoutKey ? null : Uint8Array.from(reader.bytes());
  return { host, port, key };
}

function writeRoll(writer: ByteWriter, roll: readonly RollEntry[]): void {
  writer.texts(roll.map(({ node }) => node));
  for (const { isServer, hasRelay } of roll) {
    writer.byte((isServer ? entryIsServer : 0) + (hasRelay ? entryHasRelay : 0));
  }
}

function readRoll(reader: ByteReader): RollEntry[] {
  return reader.texts().map((node) => {
    const flags = reader.byte();
    return { node, isServer: (flags & entryIsServer) !== 0, hasRelay: (flags & entryHasRelay) !== 0 };
  });
}

function writeOptionalEvent(writer: ByteWriter, event: EncodedEvent | null): void {
  writer.byte(event === null ? 0 : 1);
  if (event !== null) writeEvent(writer, event);
}

function readOptionalEvent(reader: ByteReader): EncodedEvent | null {
  return reader.byte() === 0 ? null : readEvent(reader);
}

function writeEvent(writer: ByteWriter, { prefix, body, attachments }: EncodedEvent): void {
  writer.text(prefix);
  writer.text(body);
  writer.number(attachments.length);
  for (const bytes of attachments) writer.bytes(bytes);
}

function readEvent(reader: ByteReader): EncodedEvent {
  const prefix = reader.text();
  const body = reader.text();
  const attachments = reader.number();
  if (attachments === 0) return { prefix, body, attachments: [] };
  const list: Uint8Array[] = [];
  for (let index = 0; index < attachments; index += 1) list.push(reader.bytes());
  return { prefix, body, attachments: list };
}
