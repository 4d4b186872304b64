/**
 * What a connection is to get, in order. Batches form a trie: appending packet `p` to batch `b` follows or creates the
 * child `b → p`, so connections that are to get the same packets hold the same node and share its encoded bytes.
 */

/** A node of the trie: one or more packets. */
export abstract class Batch {
  /** The packet that the first child appends, and that child: in most ticks the only one. None outlives its tick. */
  childPacket: Batch | null = null;
  child: Batch | null = null;
  /** Further children by the packet that they append. */
  children: Map<Batch, Batch> | null = null;

  /** The number of packets. */
  abstract readonly length: number;
  /** About how many bytes they have: a character counts as one. */
  abstract readonly size: number;
  /** All packets as WebSocket frames: one buffer, or several where one would be too large. */
  abstract readonly frames: readonly Uint8Array[];
  /** All packets as one long-polling payload. */
  abstract readonly payload: string;
}

/** Up to this many bytes, joining buffers costs less than handing the pieces to the operating system one by one. */
const joinLimit = 64 * 1024;

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
