/**
 * Binary values inside JSON (Socket.IO v5, "binary events"): on the way out each is replaced by
 * `{"_placeholder":true,"num":0}` and travels as an attachment; on the way in the placeholders are found
 * again.
 */

import { isBinary, toBytes } from "../base/bytes.ts";
import { ProtocolError, RoomcastError } from "../base/errors.ts";

/** How deep a value to be sent may be nested. Far below what overflows the stack of any runtime. */
export const maxValueDepth = 1000;

/** The place in parsed JSON where an attachment belongs. */
export interface AttachmentSlot {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

/**
 * Says whether binary is met where `JSON.stringify` would look. Allocates nothing, since most values have
 * none.
 *
 * @param value - a value to be sent
 * @throws RoomcastError `ERR_PAYLOAD` when the value is nested too deeply or holds a cycle
 */
export function holdsBinary(value: unknown): boolean {
  return typeof value === "object" && value !== null && objectHoldsBinary(value, "", 0);
}

/**
 * Takes the binary out of a value. What was given is never changed: the objects on the way to binary are
 * copied, all others are used as they are.
 *
 * @param value - a value to be sent
 * @param attachments - gets the bytes, as views of the same memory
 * @returns the value with a placeholder for each attachment, ready for `JSON.stringify`
 * @throws RoomcastError `ERR_PAYLOAD` when the value is nested too deeply, holds a cycle, or has an object of
 *   its own that the receiver would take for a placeholder
 */
export function extractAttachments(value: unknown, attachments: Uint8Array[]): unknown {
  return typeof value === "object" && value !== null ? extractObject(value, "", 0, attachments) : value;
}

/**
 * Finds where the attachments of a packet belong.
 *
 * @param data - parsed JSON; nothing in it but what `JSON.parse` makes
 * @param count - how many attachments the packet announced
 * @returns one place for each attachment, by its number
 * @throws ProtocolError unless each attachment has exactly one placeholder, with nothing else claiming to be
 *   one
 */
export function findAttachmentSlots(data: readonly unknown[], count: number): AttachmentSlot[] {
  const slots = new Array<AttachmentSlot | undefined>(count).fill(undefined);
  let found = 0;
  // A list of the values still to visit, instead of recursion: no nesting can overflow the stack.
  const unseen: object[] = [data];
  const visit = (member: unknown, holder: object, key: string | number) => {
    if (typeof member !== "object" || member === null) return;
    if (!isPlaceholder(member)) {
      unseen.push(member);
      return;
    }
    const number = Object.hasOwn(member, "num") ? (member as { num?: unknown }).num : undefined;
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number >= count) {
      throw new ProtocolError("placeholder of an attachment that does not exist");
    }
    if (slots[number] !== undefined) throw new ProtocolError(`two placeholders of attachment ${number}`);
    slots[number] = { holder: holder as AttachmentSlot["holder"], key };
    found++;
  };
  for (let holder = unseen.pop(); holder !== undefined; holder = unseen.pop()) {
    if (Array.isArray(holder)) {
      for (let index = 0; index < holder.length; index++) visit(holder[index], holder, index);
    } else {
      for (const key of Object.keys(holder)) visit((holder as Record<string, unknown>)[key], holder, key);
    }
  }
  if (found < count) throw new ProtocolError(`${count} attachments announced, ${found} used`);
  return slots as AttachmentSlot[];
}

function isPlaceholder(value: object): boolean {
  return (value as { _placeholder?: unknown })._placeholder === true && Object.hasOwn(value, "_placeholder");
}

function objectHoldsBinary(value: object, key: string | number, depth: number): boolean {
  if (depth > maxValueDepth) throw tooDeep();
  const json = toJson(value, key);
  if (typeof json !== "object" || json === null) return false;
  if (Array.isArray(json)) {
    for (let index = 0; index < json.length; index++) {
      const item: unknown = json[index];
      if (typeof item === "object" && item !== null && objectHoldsBinary(item, index, depth + 1)) return true;
    }
    return false;
  }
  if (isBinary(json)) return true;
  // for…in with the ownership asked last is what engines do fastest: most members are no objects.
  for (const name in json) {
    const member = (json as Record<string, unknown>)[name];
    if (typeof member !== "object" || member === null || !Object.hasOwn(json, name)) continue;
    if (objectHoldsBinary(member, name, depth + 1)) return true;
  }
  return false;
}

function extractObject(
  value: object,
  key: string | number,
  depth: number,
  attachments: Uint8Array[],
): unknown {
  if (depth > maxValueDepth) throw tooDeep();
  const json = toJson(value, key);
  if (typeof json !== "object" || json === null) return value;
  if (isBinary(json)) return { _placeholder: true, num: attachments.push(toBytes(json)) - 1 };
  if (Array.isArray(json)) return extractItems(json, depth, attachments) ?? value;
  // JSON.stringify looks at the primitive inside of these and at nothing else.
  if (json instanceof String || json instanceof Number || json instanceof Boolean) return value;
  return extractMembers(json as Record<string, unknown>, depth, attachments) ?? value;
}

/** A copy of the items without binary, or nothing when they hold none. */
function extractItems(items: unknown[], depth: number, attachments: Uint8Array[]): unknown[] | undefined {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (typeof item !== "object" || item === null) continue;
    const extracted = extractObject(item, index, depth + 1, attachments);
    if (extracted === item) continue;
    copy ??= Array.from(items);
    copy[index] = extracted;
  }
  return copy;
}

/** A copy of the members without binary, or nothing when they hold none. */
function extractMembers(
  members: Record<string, unknown>,
  depth: number,
  attachments: Uint8Array[],
): Record<string, unknown> | undefined {
  if (Object.hasOwn(members, "_placeholder") && isTrueInJson(members._placeholder)) {
    // The receiver would put an attachment in its place, or close the connection because there is none.
    throw new RoomcastError(
      "ERR_PAYLOAD",
      "an object with `_placeholder: true` cannot go together with binary",
    );
  }
  let copy: (Record<string, unknown> & { toJSON?: unknown }) | undefined;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (typeof member !== "object" || member === null) continue;
    const extracted = extractObject(member, name, depth + 1, attachments);
    if (extracted === member) continue;
    // A spread defines its keys, and own keys are then assigned in place: `__proto__` is a key like any
    // other.
    copy ??= { ...members };
    copy[name] = extracted;
  }
  // The copy is what toJSON made already; called again, it could bring the binary back.
  if (copy !== undefined && typeof copy.toJSON === "function") copy.toJSON = undefined;
  return copy;
}

/**
 * What JSON.stringify would look at in place of the value. Binary is left alone: a Buffer has a `toJSON` too.
 */
function toJson(value: object, key: string | number): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" && !isBinary(value) ? toJSON.call(value, String(key)) : value;
}

/** Whether a member called `_placeholder` arrives as `true`. */
function isTrueInJson(value: unknown): boolean {
  const json = typeof value === "object" && value !== null ? toJson(value, "_placeholder") : value;
  return json === true || (json instanceof Boolean && json.valueOf());
}

function tooDeep(): RoomcastError {
  return new RoomcastError(
    "ERR_PAYLOAD",
    `it is nested deeper than ${maxValueDepth} levels, or holds a cycle`,
  );
}
