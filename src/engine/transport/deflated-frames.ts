/**
 * Batches as frames whose messages are compressed. Like all frames they are made once for everybody: many
 * connections get the same packets, and a packet looks the same to all that have agreed to the same.
 */

import type { Deflater } from "../../websocket/deflater.ts";
import { encodeFrame, opcodes } from "../../websocket/frame.ts";
import { type Batch, joinFrames, TrieBatch } from "../outbox/batch.ts";
import { packetsOf } from "../outbox/outbox.ts";
import { OutgoingPacket } from "../outbox/outgoing-packet.ts";
import type { Frames } from "../ports.ts";
import { type WireFormat, wireForm } from "./wire-format.ts";

/** Frames that are being compressed. */
export class FramesInWork {
  /** `null` until they are done. */
  frames: Frames | null = null;
  readonly #waiting: ((frames: Frames) => void)[] = [];

  /** Has a function called with the frames when they are done. Those that wait are called in order. */
  wait(done: (frames: Frames) => void): void {
    this.#waiting.push(done);
  }

  /** They are done. */
  settle(frames: Frames): void {
    this.frames = frames;
    for (const done of this.#waiting.splice(0)) done(frames);
  }
}

/** The frames of batches in one form. */
type Known = WeakMap<Batch, Frames | FramesInWork>;

const known = new WeakMap<Deflater, DeflatedFrames>();

/** The frames of all batches that one {@link Deflater} compresses. */
export class DeflatedFrames {
  readonly #deflater: Deflater;
  readonly #known = new Map<WireFormat, Known>();

  private constructor(deflater: Deflater) {
    this.#deflater = deflater;
  }

  /** The one shared by all connections that have the same. */
  static of(deflater: Deflater): DeflatedFrames {
    const found = known.get(deflater);
    if (found !== undefined) return found;
    const frames = new DeflatedFrames(deflater);
    known.set(deflater, frames);
    return frames;
  }

  /** The frames of a batch, or what has them when they are done. */
  framesOf(batch: Batch, form: WireFormat): Frames | FramesInWork {
    if (!this.#isLong(batch)) return form.frames(batch);
    const formKnown = this.#knownIn(form);
    const found = formKnown.get(batch);
    if (found !== undefined) return found instanceof FramesInWork ? (found.frames ?? found) : found;
    const packets = packetsOf(batch);
    // Text looks the same in all forms.
    const own = form !== wireForm && packets.every(({ attachments }) => attachments.length === 0);
    const frames = own ? this.framesOf(batch, wireForm) : this.#encode(batch, packets, form);
    if (isShared(batch)) formKnown.set(batch, frames);
    return frames;
  }

  #knownIn(form: WireFormat): Known {
    let formKnown = this.#known.get(form);
    if (formKnown === undefined) {
      formKnown = new WeakMap();
      this.#known.set(form, formKnown);
    }
    return formKnown;
  }

  #encode(batch: Batch, packets: readonly OutgoingPacket[], form: WireFormat): Frames | FramesInWork {
    const [first] = packets;
    if (packets.length === 1 && first !== undefined) return this.#encodePacket(first, form);
    if (!packets.some((packet) => packet.compress && this.#isLong(packet))) return form.frames(batch);
    return joinWork(packets.map((packet) => this.framesOf(packet, form)));
  }

  #encodePacket(packet: OutgoingPacket, form: WireFormat): Frames | FramesInWork {
    if (!packet.compress) return form.frames(packet);
    return joinWork(form.messages(packet).map((message) => this.#encodeMessage(message)));
  }

  /** Whether a message of the batch may be long enough. */
  #isLong({ size, length }: Batch): boolean {
    // A character takes up to 3 bytes, and binary less than twice its own.
    return 3 * size + 4 * length >= this.#deflater.threshold;
  }

  #encodeMessage(message: string | Uint8Array): Frames | FramesInWork {
    const isText = typeof message === "string";
    const bytes = isText ? Buffer.from(message) : message;
    const opcode = isText ? opcodes.text : opcodes.binary;
    if (bytes.length < this.#deflater.threshold) return [encodeFrame(opcode, bytes)];
    const work = new FramesInWork();
    const frame = this.#deflater.deflate(opcode, bytes, (done) => work.settle([done]));
    return frame === null ? work : [frame];
  }
}

/** Whether several connections may get the batch. No other is worth to be remembered. */
function isShared(batch: Batch): boolean {
  return batch instanceof OutgoingPacket ? batch.isShared : batch instanceof TrieBatch;
}

/** Joins frames in order, when all of them are done. */
function joinWork(parts: readonly (Frames | FramesInWork)[]): Frames | FramesInWork {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const frames: Pick<Batch, "frames">[] = [];
  let missing = 0;
  const work = new FramesInWork();
  for (const [place, part] of parts.entries()) {
    if (part instanceof FramesInWork) {
      missing += 1;
      part.wait((done) => {
        frames[place] = { frames: done };
        missing -= 1;
        if (missing === 0) work.settle(joinFrames(frames));
      });
    } else {
      frames[place] = { frames: part };
    }
  }
  return missing === 0 ? joinFrames(frames) : work;
}
