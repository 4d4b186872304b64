/**
 * The messages of python-socketio's queue, from its version 5.14 on: JSON objects with a `method`. Older versions pickle;
 * what is pickled is recognised and never unpickled. This file knows the format and sends nothing.
 */

import { extractAttachments, findAttachmentSlots, holdsBinary } from "../protocol/attachments.ts";
import { encodeBase64 } from "../protocol/base64.ts";

/** A message, in the format's own words. */
export type PythonMessage =
  | {
      method: "emit";
      host_id: string;
      event: string;
      data: unknown;
      binary?: boolean;
      namespace?: string | null;
      room?: string | readonly string[] | null;
      skip_sid?: string | readonly string[] | null;
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
  | { method: "disconnect"; host_id: string; sid: string; namespace?: string | null }
  | {
      method: "enter_room" | "leave_room";
      host_id: string;
      sid: string;
      room: string;
      namespace?: string | null;
    }
  | { method: "close_room"; host_id: string; room: string; namespace?: string | null };

/** Why a message was not read. */
export interface RefusedMessage {
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

/** What every pickle of Python 3 begins with. */
const pickleMark = 0x80;

/** Writes a message. */
export function encodePythonMessage(message: PythonMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** Reads a message. Never throws. */
export function decodePythonMessage(bytes: Uint8Array): PythonMessage | RefusedMessage {
  if (bytes[0] === pickleMark) {
    return { method: "refused", isPickled: true, reason: "it is pickled" };
  }
  try {
    const message: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (
      typeof message === "object" &&
      message !== null &&
      "method" in message &&
      methods.has(message.method)
    ) {
      return message as PythonMessage;
    }
    return { method: "refused", isPickled: false, reason: "it has no method that is known" };
  } catch {
    return { method: "refused", isPickled: false, reason: "it is not JSON" };
  }
}

/**
 * An event's arguments as the format's `data`. A single one that is no list goes as it is, which every version reads;
 * several need 5.15.1, binary needs 5.14.2.
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
 * The arguments of an event, from the format's `data`. Python does not tell no argument from `None`: that is none.
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
