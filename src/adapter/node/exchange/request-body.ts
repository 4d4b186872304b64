/**
 * A request's body, gathered up to a limit. It takes the memory of its bytes, however small the pieces are
 * that bring it.
 */

import type { Readable } from "node:stream";

/** So many bytes are set aside when a second piece comes; beyond that, as they come in. */
const firstMemory = 64 * 1024;

/**
 * The bytes of one body so far. A piece costs some hundred bytes beside its own, so no piece is kept but the
 * first.
 */
export class BodyGatherer {
  readonly #limit: number;
  /** The first piece as it came, since most bodies have no other; then memory of its own, which grows. */
  #memory: Uint8Array | null = null;
  #length = 0;

  /** @param limit - the most bytes to accept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All of them. */
  get bytes(): Uint8Array {
    const memory = this.#memory ?? new Uint8Array(0);
    return memory.length === this.#length ? memory : memory.subarray(0, this.#length);
  }

  /** Adds a piece. Returns `false` when the body is longer than the limit: then it keeps nothing of it. */
  add(piece: Uint8Array): boolean {
    const start = this.#length;
    const length = start + piece.length;
    if (length > this.#limit) {
      this.#memory = null;
      return false;
    }
    this.#length = length;
    if (this.#memory === null) {
      this.#memory = piece;
      return true;
    }
    if (length > this.#memory.length) this.#memory = this.#larger(this.#memory, length);
    this.#memory.set(piece, start);
    return true;
  }

  #larger(memory: Uint8Array, length: number): Uint8Array {
    // What has not been written to is only reserved, and each time costs a copy.
    const ahead = Math.max(length, 4 * memory.length, firstMemory);
    const larger = Buffer.allocUnsafeSlow(Math.min(ahead, this.#limit));
    larger.set(memory);
    return larger;
  }
}

/**
 * Reads a body. Of one that is too long, it reads no more.
 *
 * @param limit - the most bytes to accept
 * @param stream - where it comes from
 * @param announced - its `content-length`
 * @returns the body, or `undefined` when it is longer than the limit
 * @throws when the sender goes away before the end
 */
export function readWithin(
  limit: number,
  stream: Readable,
  announced: string | string[] | undefined,
): Promise<Uint8Array | undefined> {
  if (Number(announced ?? 0) > limit) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const body = new BodyGatherer(limit);
    stream.on("data", (piece: Buffer) => {
      if (body.add(piece)) return;
      stream.pause();
      resolve(undefined);
    });
    stream.on("end", () => resolve(body.bytes));
    stream.on("close", () => {
      // Making an error for nothing would cost more than all else here.
      if (!stream.readableEnded) reject(new Error("the request's sender went away before its end"));
    });
  });
}

/**
 * Drops the body of a request that has no use for one. Unread, its pieces would stay in the stream's own
 * list, where bytes that come one by one cost some hundred bytes each.
 *
 * @param stream - where it would come from
 * @param headers - those of the request: without these fields it has no body
 */
export function dropBody(stream: Readable, headers: Readonly<Record<string, unknown>>): void {
  if (headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined) stream.resume();
}
