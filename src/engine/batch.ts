/**
 * What a connection is to get, in order. Batches form a trie: appending packet `p` to batch `b` follows or creates the
 * child `b → p`, so connections that are to get the same packets hold the same node and share its encoded bytes.
 */

/** A node of the trie: one or more packets. */
export abstract class Batch {
  /** The tick in which the children were made; those of an earlier tick are not followed, so that they can be freed. */
  childrenTick = 0;
  /** The packet that the first child appends, and that child: in most ticks the only one. */
  childPacket: Batch | null = null;
  child: Batch | null = null;
  /** Further children by the packet that they append. */
  children: Map<Batch, Batch> | null = null;

  /** The number of packets. */
  abstract readonly length: number;
  /** All packets as WebSocket frames: one buffer, or several where joining would copy too much. */
  abstract readonly frames: readonly Uint8Array[];
  /** All packets as one long-polling payload. */
  abstract readonly payload: string;
}

/** Up to this many bytes, joining buffers costs less than handing the pieces to the operating system one by one. */
const joinLimit = 64 * 1024;

/** Joins buffers into one unless they are so large that copying would cost more than it saves. */
export function joinBuffers(buffers: readonly Uint8Array[]): readonly Uint8Array[] {
  if (buffers.length === 1) return buffers;
  let length = 0;
  for (const buffer of buffers) length += buffer.length;
  return length <= joinLimit ? [Buffer.concat(buffers, length)] : buffers;
}
