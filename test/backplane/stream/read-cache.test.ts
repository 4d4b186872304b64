import { beforeEach, describe, expect, it } from "vitest";
import { ReadCache, type StreamPart } from "../../../src/backplane/stream/read-cache.ts";
import type { StreamEvent } from "../../../src/backplane/stream/stream-event.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const chunk = 10;

let clock: FakeClock;
/** The stream: all events with an offset above `oldest` and up to `head`. */
let stream: { oldest: number; head: number };
/** The offsets after which the cache has read. */
let reads: number[];
let error: Error | null;
let cache: ReadCache;

beforeEach(() => {
  clock = new FakeClock();
  stream = { oldest: 0, head: 0 };
  reads = [];
  error = null;
  cache = new ReadCache(read, clock);
});

function event(number: number): StreamEvent {
  const content = { target: everyoneIn("/"), event: encodeEvent("/", ["said", number]), compress: true };
  return { ...content, offset: number, origin: "node", id: number };
}

async function read(after: number): Promise<StreamPart> {
  reads.push(after);
  await Promise.resolve();
  if (error !== null) throw error;
  const { head, oldest } = stream;
  if (after < oldest) return { head, entries: null, isLast: true };
  const count = Math.min(Math.max(head - after, 0), chunk);
  const entries = Array.from({ length: count }, (_, index) => event(after + 1 + index));
  return { head, entries, isLast: count < chunk };
}

const offsets = async (after: number) =>
  (await cache.readAfter(after))?.about([]).map(({ offset }) => offset) ?? null;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("reading for clients that come back", () => {
  it("finds all that follows an offset, part by part", async () => {
    stream.head = 25;
    expect(await offsets(3)).toEqual(range(4, 25));
    expect(reads).toEqual([3, 13, 23]);
    expect(await offsets(25)).toEqual([]);
  });

  it("finds nothing whole where the stream does not reach back", async () => {
    stream = { oldest: 5, head: 9 };
    expect(await offsets(4)).toBeNull();
    expect(await offsets(5)).toEqual(range(6, 9));
  });

  it("refuses an offset that no event ever had", async () => {
    stream.head = 9;
    expect(await offsets(10)).toBeNull();
  });

  it("reads for all at once what they miss alike, and later only what has come since", async () => {
    stream.head = 8;
    const all = await Promise.all([offsets(2), offsets(2), offsets(5)]);
    expect(all).toEqual([range(3, 8), range(3, 8), range(6, 8)]);
    stream.head = 9;
    expect(await offsets(4)).toEqual(range(5, 9));
    expect(reads).toEqual([2, 8]);
  });

  it("reads once more for all that ask while it reads", async () => {
    stream.head = 8;
    const first = offsets(7);
    await Promise.resolve();
    await Promise.resolve();
    stream.head = 9;
    const others = await Promise.all([offsets(8), offsets(5), offsets(6)]);
    expect([await first, ...others]).toEqual([[8], [9], range(6, 9), range(7, 9)]);
    expect(reads).toEqual([7, 5]);
  });

  it("finds what there is for those that ask together with one whose events are gone", async () => {
    stream = { oldest: 5, head: 9 };
    const all = await Promise.all([offsets(7), offsets(1), offsets(30), offsets(2), offsets(8)]);
    expect(all).toEqual([range(8, 9), null, null, null, [9]]);
  });

  it("reads again for a client that has missed more than the others", async () => {
    stream.head = 8;
    await offsets(5);
    expect(await offsets(3)).toEqual(range(4, 8));
    expect(reads).toEqual([5, 3]);
  });

  it("forgets what it has read after 5 s without use, or when it is told to", async () => {
    stream.head = 8;
    await offsets(2);
    clock.advance(4000);
    await offsets(2);
    clock.advance(4999);
    await offsets(2);
    expect(reads).toEqual([2, 8, 8]);
    clock.advance(5000);
    await offsets(2);
    expect(reads).toEqual([2, 8, 8, 2]);
    cache.forget();
    await offsets(2);
    expect(reads).toEqual([2, 8, 8, 2, 2]);
  });

  it("adds nothing to what a client was given when later events are read", async () => {
    stream.head = 3;
    const range = await cache.readAfter(0);
    stream.head = 5;
    expect(await offsets(1)).toEqual([2, 3, 4, 5]);
    expect(range?.about([]).map(({ offset }) => offset)).toEqual([1, 2, 3]);
    expect(range?.end).toBe(3);
  });

  it("tells an error to the client that met it, and reads for the next", async () => {
    stream.head = 3;
    error = new Error("The message queue is down.");
    const first = cache.readAfter(0);
    await expect(first).rejects.toThrow("The message queue is down.");
    error = null;
    expect(await offsets(0)).toEqual([1, 2, 3]);
  });
});
