/** A request's body, gathered from a stream of Node's up to a limit. */

import type { Readable } from "node:stream";

/**
 * Reads a body. Of one that is too long, no more is read.
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
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        stream.pause();
        resolve(undefined);
      } else {
        chunks.push(chunk);
      }
    });
    stream.on("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length)));
    stream.on("close", () => {
      // Making an error for nothing would cost more than all else here.
      if (!stream.readableEnded) reject(new Error("the request's sender went away before its end"));
    });
  });
}
