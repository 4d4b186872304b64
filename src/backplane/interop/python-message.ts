/**
 * The messages of python-socketio's queue, from its version 5.14 on: JSON objects with a `method`. Older
 * versions pickle; a pickle is recognised and never unpickled. This file knows the format and sends nothing.
 */

import { generateId } from "../../base/id.ts";
import { extractAttachments, findAttachmentSlots, holdsBinary } from "../../protocol/attachments.ts";
import { encodeBase64 } from "../../protocol/base64.ts";

/**
 * A message, in the format's own words. Rooms, clients and namespaces may have any value for a name: Python
 * programs take numbers for rooms, say.
 */
export type PythonMessage =
  | {
      method: "emit";
      host_id: string;
      event: string;
      data: unknown;
      binary?: boolean;
      namespace?: unknown;
      room?: unknown;
      skip_sid?: unknown;
      /** The room, the namespace and the number of the callback. */
      callback?: readonly [room: unknown, namespace: unknown, id: number] | null;
    }
  | {
      method: "callback";
      host_id: string;
      sid: unknown;
      namespace: unknown;
      id: number;
      args: readonly unknown[];
    }
  | { method: "disconnect"; host_id: string; sid: unknown; namespace?: unknown }
  | {
      method: "enter_room" | "leave_room";
      host_id: string;
      sid: unknown;
      room: unknown;
      namespace?: unknown;
    }
  | { method: "close_room"; host_id: string; room: unknown; namespace?: unknown };

/** Why a message was not read. */
export interface RefusedPythonMessage {
  readonly method: "refused";
  readonly isPickled: boolean;
  readonly reason: string;
}

const methods: ReadonlySet<unknown> = new Set([
  "emit",
  "callback",
  "disconnect",
  "enter_room",
  "leave_room",
  "close_room",
]);

/** The first byte of every pickle of Python 3. */
const pickleMark = 0x80;

/** Writes a message. */
export function encodePythonMessage(message: PythonMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** Reads a message. Never throws. */
export function decodePythonMessage(bytes: Uint8Array): PythonMessage | RefusedPythonMessage {
  if (bytes[0] === pickleMark) {
    return { method: "refused", isPickled: true, reason: "it is pickled" };
  }
  try {
    const message = parse(Buffer.from(bytes).toString());
    if (
      typeof message === "object" &&
      message !== null &&
      "method" in message &&
      methods.has(message.method)
    ) {
      return message as PythonMessage;
    }
    return { method: "refused", isPickled: false, reason: "a message has no method that is known" };
  } catch {
    return { method: "refused", isPickled: false, reason: "a message is not JSON" };
  }
}

/** The fields that hold names of rooms and clients. */
const nameFields = ["room", "skip_sid", "sid"] as const;

/**
 * Reads JSON as Python writes it: with `NaN` and `Infinity`, and with integers of any length. Their last
 * digits count where they name a room.
 */
function parse(text: string): unknown {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return parseRare(text);
  }
  return isRecord(message) && nameFields.some((field) => holdsLongNumber(message[field]))
    ? parseRare(text)
    : message;
}

function holdsLongNumber(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsLongNumber);
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** Texts and numbers of JSON, and the words that Python adds. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|Infinity)|NaN/g;
const rareNumber = /^(?:-?\d{16,}|-?Infinity|NaN)$/;

function parseRare(text: string): unknown {
  // Marks a number that stands as a string for a while. No other program knows the mark.
  const mark = `${generateId()}:`;
  const marked = text.replaceAll(tokens, (token) => (rareNumber.test(token) ? `"${mark}${token}"` : token));
  const message: unknown = JSON.parse(marked);
  if (!isRecord(message)) return message;
  for (const [field, value] of Object.entries(message)) {
    const isName = nameFields.some((name) => name === field);
    message[field] = unmark(value, mark, (digits) => (isName && /\d/.test(digits) ? digits : Number(digits)));
  }
  return message;
}

function unmark(value: unknown, mark: string, numberOf: (digits: string) => unknown): unknown {
  if (typeof value === "string") return value.startsWith(mark) ? numberOf(value.slice(mark.length)) : value;
  if (Array.isArray(value)) return value.map((each) => unmark(each, mark, numberOf));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unmark(each, mark, numberOf)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An event's arguments as the format's `data`. A single one that is no list stands alone, which every version
 * reads; several need 5.15.1, binary needs 5.14.2.
 */
export function encodePythonData(values: readonly unknown[]): { data: unknown; binary?: true } {
  if (values.some(holdsBinary)) {
    const attachments: Uint8Array[] = [];
    const list = extractAttachments(values, attachments);
    return { data: [list, ...attachments.map((bytes) => encodeBase64(bytes))], binary: true };
  }
  const [only = null] = values;
  return { data: values.length > 1 || Array.isArray(only) ? values : only };
}

/**
 * The arguments of an event, from the format's `data`. Python writes `None` for no argument, so `None` counts
 * as none.
 *
 * @throws ProtocolError when placeholders and attachments do not belong together
 */
export function decodePythonData(data: unknown, isBinary: boolean): unknown[] {
  if (isBinary && Array.isArray(data)) {
    const [given, ...texts] = data as unknown[];
    const list = Array.isArray(given) ? given : [given];
    const slots = findAttachmentSlots(list, texts.length);
    for (const [index, { holder, key }] of slots.entries()) {
      holder[key] = Buffer.from(String(texts[index]), "base64");
    }
    return list;
  }
  const list = Array.isArray(data) ? (data as unknown[]) : [data];
  return list.length === 1 && (list[0] === null || list[0] === undefined) ? [] : list;
}
