/**
 * Compresses the messages of one server, without holding it up:
 *
 *     short → at once, as much as a tick may take → the rest in the next ticks
 *     long  → in Node's thread pool, few at a time
 *
 * A message that comes while too much waits is not compressed: then processor time is scarcer than network.
 */

import { Fifo } from "../base/queue/fifo.ts";
import { compressedBit, encodeFrame } from "./frame.ts";
import { type DeflateSettings, deflateMessage, deflateMessageLater } from "./message-deflate.ts";

/**
 * From here on, in bytes, a message goes to the thread pool. That costs 160 to 320 µs of processor time, as
 * much as compressing such a message.
 */
export const longMessage: number = 16 * 1024;
/**
 * How many bytes are compressed in one tick: 2 to 4 ms. Setting up a compressor takes as long as some bytes.
 */
export const tickBudget: number = 256 * 1024;
const setUpCost = 512;
/** Node has 4 threads by default, for files and names of hosts too. */
const mostThreads = 2;
/** The most bytes that wait to be compressed: less than 50 ms of work. */
export const mostWaiting: number = 4 * 1024 * 1024;

/** A message to be compressed. */
interface Job {
  readonly opcode: number;
  readonly bytes: Uint8Array;
  readonly settings: DeflateSettings;
  readonly done: (frame: Uint8Array) => void;
}

/** What compresses for all WebSockets of a server. */
export class DeflateQueue {
  readonly #atTickEnd: (callback: () => void) => void;
  /** What may still be compressed in this tick, in bytes. */
  #budget = tickBudget;
  #short = new Fifo<Job>();
  #long = new Fifo<Job>();
  #threads = 0;
  #waiting = 0;

  /** @param atTickEnd - calls a function once, at the end of this tick or of the next */
  constructor(atTickEnd: (callback: () => void) => void) {
    this.#atTickEnd = atTickEnd;
  }

  /** Compresses a message: see {@link Deflater.deflate}. */
  deflate(job: Job): Uint8Array | null {
    const { length } = job.bytes;
    const isLong = length >= longMessage;
    if (!isLong && this.#short.length === 0 && this.#budget > 0) return this.#deflateNow(job);
    if (this.#waiting > 0 && this.#waiting + length > mostWaiting) return encodeFrame(job.opcode, job.bytes);
    this.#waiting += length;
    (isLong ? this.#long : this.#short).push(job);
    if (isLong) this.#startThreads();
    return null;
  }

  #deflateNow({ opcode, bytes, settings }: Job): Uint8Array {
    if (this.#budget === tickBudget) this.#atTickEnd(() => this.#beginTick());
    this.#budget -= bytes.length + setUpCost;
    return frameOf(opcode, bytes, deflateMessage(bytes, settings));
  }

  #beginTick(): void {
    this.#budget = tickBudget;
    while (this.#budget > 0) {
      const job = this.#short.shift();
      if (job === undefined) return;
      this.#waiting -= job.bytes.length;
      job.done(this.#deflateNow(job));
    }
  }

  #startThreads(): void {
    while (this.#threads < mostThreads) {
      const job = this.#long.shift();
      if (job === undefined) return;
      this.#threads += 1;
      const { opcode, bytes, settings, done } = job;
      deflateMessageLater(bytes, settings, (deflated) => {
        this.#threads -= 1;
        this.#waiting -= bytes.length;
        this.#startThreads();
        done(frameOf(opcode, bytes, deflated));
      });
    }
  }
}

/** The shorter of the two, as a frame. */
function frameOf(opcode: number, bytes: Uint8Array, deflated: Uint8Array | null): Uint8Array {
  return deflated === null || deflated.length >= bytes.length
    ? encodeFrame(opcode, bytes)
    : encodeFrame(compressedBit | opcode, deflated);
}

/** Compresses for the WebSockets of a server whose clients have agreed to the same. */
export class Deflater {
  /** Shorter messages, in bytes, are not compressed. */
  readonly threshold: number;
  readonly #settings: DeflateSettings;
  readonly #queue: DeflateQueue;

  constructor(threshold: number, settings: DeflateSettings, queue: DeflateQueue) {
    this.threshold = threshold;
    this.#settings = settings;
    this.#queue = queue;
  }

  /**
   * Makes a frame of a message, compressed where that makes it shorter.
   *
   * @param opcode - the type of the message
   * @param bytes - not to be changed before the end
   * @param done - called later with the frame, where there is none yet
   * @returns the frame; `null` where it takes longer
   */
  deflate(opcode: number, bytes: Uint8Array, done: (frame: Uint8Array) => void): Uint8Array | null {
    return this.#queue.deflate({ opcode, bytes, settings: this.#settings, done });
  }
}
