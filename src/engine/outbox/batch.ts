/**
 * What a connection is to get, in order. What many connections are to get forms a trie: appending packet `p`
 * to batch `b` follows or creates the child `b → p`, so those that are to get the same packets hold the same
 * node and share its encoded bytes. What one connection alone is to get is in a list of its own.
 */

import type { Frames } from "../ports.ts";

/** One or more packets. */
export interface Batch {
  /** The number of packets. */
  readonly length: number;
  /** About how many bytes they have: a character counts as one. */
  readonly size: number;
  /** All packets as WebSocket frames: one piece, or several where one would be too large. */
  readonly frames: Frames;
  /** All packets as one long-polling payload. */
  readonly payload: string;
}

/** A node of the trie. */
export abstract class TrieBatch implements Batch {
  /**
   * The packet that the first child appends, and that child: in most ticks the only one. None outlives its
   * tick.
   */
  childPacket: TrieBatch | null = null;
  child: TrieBatch | null = null;
  /** Further children by the packet that they append. */
  children: Map<TrieBatch, TrieBatch> | null = null;

  abstract readonly length: number;
  abstract readonly size: number;
  abstract readonly frames: Frames;
  abstract readonly payload: string;
}

/**
 * Up to this many bytes, joining buffers costs less than handing the pieces to the operating system one by
 * one.
 */
const joinLimit = 64 * 1024;

/**
 * From this many characters on, bytes that are made once cost less than a string that each write turns into
 * bytes: below, a string costs the least for many receivers, too.
 */
export const maxSharedText = 1024;

/** Joins neighbouring buffers while that costs less than it saves; a larger one stays as it is. */
export function joinBuffers(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  if (buffers.length === 1) return buffers;
  const joined: Uint8Array[] = [];
  let group: Uint8Array[] = [];
  let length = 0;
  for (const buffer of buffers) {
    if (group.length > 0 && length + buffer.length > joinLimit) {
      joined.push(joinGroup(group, length));
      group = [];
      length = 0;
    }
    group.push(buffer);
    length += buffer.length;
  }
  joined.push(joinGroup(group, length));
  return joined;
}

function joinGroup(group: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = group;
  return group.length === 1 && first !== undefined ? first : Buffer.concat(group, length);
}

/** Joins the frames of several batches: in one string where all are strings. */
export function joinFrames(batches: readonly Pick<Batch, "frames">[]): Frames {
  let text = "";
  for (const [position, { frames }] of batches.entries()) {
    if (typeof frames !== "string") return joinMixed(text, batches.slice(position));
    text += frames;
  }
  return text;
}

function joinMixed(before: string, batches: readonly Pick<Batch, "frames">[]): Frames {
  const buffers: Uint8Array[] = before === "" ? [] : [Buffer.from(before, "latin1")];
  for (const { frames } of batches) {
    if (typeof frames === "string") buffers.push(Buffer.from(frames, "latin1"));
    else buffers.push(...frames);
  }
  return joinBuffers(buffers);
}
