/** Accounts of occupied rooms between processes: in parts, since brokers limit the size of a message. */

/** A room, and whether it has members. */
export type RoomEntry = readonly [namespace: string, room: string, isOccupied: boolean];

/** The most rooms in one message. */
export const roomsPerMessage = 500;

/** Cuts entries into parts that each fit into a message; at least one part. */
export function inParts(entries: readonly RoomEntry[]): (readonly RoomEntry[])[] {
  const parts: (readonly RoomEntry[])[] = [entries.slice(0, roomsPerMessage)];
  for (let start = roomsPerMessage; start < entries.length; start += roomsPerMessage) {
    parts.push(entries.slice(start, start + roomsPerMessage));
  }
  return parts;
}

/**
 * The rooms in a message of another process.
 *
 * @throws Error when another version sent it
 */
export function roomEntries(values: readonly unknown[]): readonly RoomEntry[] {
  if (values.every(isRoomEntry)) return values;
  throw notUnderstood();
}

/** Reads an account, or changes, from a message of another process. Throws as {@link roomEntries} does. */
export function roomsOf(values: readonly unknown[]): RoomsMessage {
  const [node, part, parts, ...entries] = values;
  if (typeof node !== "string" || typeof part !== "number" || typeof parts !== "number")
    throw notUnderstood();
  return { node, part, parts, entries: roomEntries(entries) };
}

/** A message about rooms. */
interface RoomsMessage {
  readonly node: string;
  /** The number of this part, from 1. */
  readonly part: number;
  /** The number of parts; 0 for changes instead of a whole account. */
  readonly parts: number;
  readonly entries: readonly RoomEntry[];
}

function notUnderstood(): Error {
  return new Error("What another process says of its rooms is not understood: does it run another version?");
}

function isRoomEntry(value: unknown): value is RoomEntry {
  if (!Array.isArray(value)) return false;
  const [namespace, room, isOccupied] = value as unknown[];
  return typeof namespace === "string" && typeof room === "string" && typeof isOccupied === "boolean";
}

/** A key for a room of a namespace. */
export function roomKey(namespace: string, room: string): string {
  // No namespace has a line break in its name.
  return `${namespace}\n${room}`;
}

/** Puts the parts of accounts together. */
export class IncomingAccounts {
  readonly #unfinished = new Map<string, { parts: number; readonly keys: Set<string> }>();

  /**
   * Takes a part of an account. A process sends parts in order, and one account after the other.
   *
   * @param part - its number, from 1
   * @param parts - the number of parts
   * @returns the keys of all rooms when this was the last part and none is missing
   */
  take(node: string, part: number, parts: number, entries: readonly RoomEntry[]): Set<string> | null {
    if (part === 1) this.#unfinished.set(node, { parts: 0, keys: new Set() });
    const account = this.#unfinished.get(node);
    if (account === undefined) return null;
    account.parts += 1;
    for (const [namespace, room] of entries) account.keys.add(roomKey(namespace, room));
    if (part === account.parts && part < parts) return null;
    this.#unfinished.delete(node);
    return part === account.parts ? account.keys : null;
  }

  /** A process is gone. */
  forget(node: string): void {
    this.#unfinished.delete(node);
  }
}
