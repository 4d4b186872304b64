/**
 * The outbox gathers what each connection is to get in this tick and lets it go in one write: see {@link
 * Batch} for how connections share what they are to get. It knows no transport.
 */

import type { Clock } from "../../base/time/clock.ts";
import { payloadSeparator } from "../../protocol/polling-payload.ts";
import type { Frames } from "../ports.ts";
import { type Batch, joinFrames, maxSharedText, TrieBatch } from "./batch.ts";
import { OutgoingPacket } from "./outgoing-packet.ts";

/** Two or more packets that several connections get: a batch and the packet after it. */
class SharedBatch extends TrieBatch {
  readonly #previous: TrieBatch;
  readonly #last: OutgoingPacket;
  readonly length: number;
  readonly size: number;
  #frames: Frames | null = null;
  #payload: string | null = null;

  constructor(previous: TrieBatch, last: OutgoingPacket) {
    super();
    this.#previous = previous;
    this.#last = last;
    this.length = previous.length + 1;
    this.size = previous.size + last.size;
  }

  get frames(): Frames {
    this.#frames ??= forMany(joinFrames(this.packets()));
    return this.#frames;
  }

  get payload(): string {
    this.#payload ??= joinPayloads(this.packets());
    return this.#payload;
  }

  packets(): OutgoingPacket[] {
    const packets = new Array<OutgoingPacket>(this.length);
    let batch: TrieBatch = this;
    for (let index = this.length - 1; index >= 0; index -= 1) {
      if (batch instanceof SharedBatch) {
        packets[index] = batch.#last;
        batch = batch.#previous;
      } else {
        packets[index] = batch as OutgoingPacket;
      }
    }
    return packets;
  }
}

/**
 * Packets of which at least one is for one connection alone. What lies between such packets may still be
 * shared.
 */
class PrivateBatch implements Batch {
  readonly parts: TrieBatch[];
  length: number;
  size: number;

  constructor(first: TrieBatch) {
    this.parts = [first];
    this.length = first.length;
    this.size = first.size;
  }

  get frames(): Frames {
    return joinFrames(this.parts);
  }

  get payload(): string {
    return joinPayloads(this.parts);
  }
}

/** Long text is turned into bytes once. */
function forMany(frames: Frames): Frames {
  return typeof frames === "string" && frames.length >= maxSharedText
    ? [Buffer.from(frames, "latin1")]
    : frames;
}

function joinPayloads(batches: readonly Batch[]): string {
  return batches.map(({ payload }) => payload).join(payloadSeparator);
}

/** The packets of a batch in the order in which they were appended. */
export function packetsOf(batch: Batch): readonly OutgoingPacket[] {
  if (batch instanceof PrivateBatch) return batch.parts.flatMap(packetsOf);
  if (batch instanceof SharedBatch) return batch.packets();
  return batch instanceof OutgoingPacket ? [batch] : [];
}

function isShared(batch: TrieBatch): boolean {
  return batch instanceof SharedBatch || (batch instanceof OutgoingPacket && batch.isShared);
}

/** So many owners are looked at before the first of them is flushed. */
const groupSize = 16;

/** The owners to flush at the end of the tick. */
export interface OutboxOwner {
  /** Bytes that wait for it. */
  readonly bufferedBytes: number;
  /**
   * Called at the end of a tick in which {@link Outbox.schedule} was called with this owner. It does not
   * throw.
   */
  flush(): void;
}

/** One server's gathering place. */
export class Outbox {
  readonly #clock: Clock;
  #tick = 1;
  #owners: OutboxOwner[] = [];
  /** The batches that got children in this tick. */
  #parents: TrieBatch[] = [];
  readonly #flush = () => this.flush();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A number that grows with each tick. */
  get tick(): number {
    return this.#tick;
  }

  /** The batch that holds what `batch`, which belongs to one connection, holds and then `packet`. */
  append(batch: Batch | null, packet: OutgoingPacket): Batch {
    if (batch === null) return packet;
    if (batch instanceof TrieBatch) {
      if (packet.isShared && isShared(batch)) return this.#follow(batch, packet);
      return this.#extend(new PrivateBatch(batch), packet);
    }
    return this.#extend(batch as PrivateBatch, packet);
  }

  #extend(batch: PrivateBatch, packet: OutgoingPacket): PrivateBatch {
    const { parts } = batch;
    const last = parts[parts.length - 1];
    if (last !== undefined && packet.isShared && isShared(last)) {
      parts[parts.length - 1] = this.#follow(last, packet);
    } else {
      parts.push(packet);
    }
    batch.length += 1;
    batch.size += packet.size;
    return batch;
  }

  #follow(batch: TrieBatch, packet: OutgoingPacket): TrieBatch {
    if (batch.child === null) {
      this.#parents.push(batch);
      batch.childPacket = packet;
      batch.child = new SharedBatch(batch, packet);
      return batch.child;
    }
    if (batch.childPacket === packet) return batch.child;
    batch.children ??= new Map();
    let child = batch.children.get(packet);
    if (child === undefined) {
      child = new SharedBatch(batch, packet);
      batch.children.set(packet, child);
    }
    return child;
  }

  /** Has `owner` flushed at the end of this tick. To be called once a tick for each owner. */
  schedule(owner: OutboxOwner): void {
    if (this.#owners.length === 0) this.#clock.atTickEnd(this.#flush);
    this.#owners.push(owner);
  }

  /**
   * Flushes every owner that is scheduled. Called by itself at the end of each tick.
   *
   * @returns how many bytes waited for them
   */
  flush(): number {
    this.#tick += 1;
    const owners = this.#owners;
    const parents = this.#parents;
    this.#owners = [];
    this.#parents = [];
    // A batch that waits for its client must not keep what others got in the same tick.
    for (const parent of parents) parent.child = parent.childPacket = parent.children = null;
    let waiting = 0;
    for (let start = 0; start < owners.length; start += groupSize) {
      const group = owners.slice(start, start + groupSize);
      // What thousands of connections consist of has to be fetched from memory. The processor can fetch for
      // several at once, but not beyond a write: so all of a group are looked at first.
      for (const owner of group) waiting += owner.bufferedBytes;
      for (const owner of group) owner.flush();
    }
    return waiting;
  }
}
