import { describe, expect, it } from "vitest";
import {
  DeflateQueue,
  Deflater,
  longMessage,
  mostWaiting,
  tickBudget,
} from "../../src/websocket/deflater.ts";
import { compressedBit, finalBit, opcodes } from "../../src/websocket/frame.ts";
import { serverFrames } from "../support/server-frames.ts";
import { soon } from "../support/waiting.ts";

const compressedText = finalBit | compressedBit | opcodes.text;
const plainText = finalBit | opcodes.text;

/** Compresses in ticks that end when the test says so. */
function start(threshold = 1024) {
  let ends: (() => void)[] = [];
  const queue = new DeflateQueue((callback) => ends.push(callback));
  const deflater = new Deflater(threshold, { level: 6, windowBits: 15 }, queue);
  const done: { name: string; frame: Uint8Array }[] = [];
  return {
    deflater,
    done,
    /** How many functions wait for the end of the tick. */
    get waiting() {
      return ends.length;
    },
    deflate(name: string, bytes: Uint8Array) {
      return deflater.deflate(opcodes.text, bytes, (frame) => done.push({ name, frame }));
    },
    endTick() {
      const called = ends;
      ends = [];
      for (const callback of called) callback();
    },
  };
}

const digits = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 10).join("");

/** Text that becomes shorter. */
function textOf(length: number): Buffer {
  return Buffer.alloc(length, digits);
}

/** Bytes that nothing makes shorter. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0, state = 1; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

describe("what compresses for a server", () => {
  it("makes a frame of a short message at once", () => {
    const { deflate, done } = start();
    const frame = deflate("a", textOf(3000));
    expect(frame?.[0]).toBe(compressedText);
    expect(frame?.length).toBeLessThan(2000);
    expect(serverFrames([frame ?? ""])).toMatchObject([{ text: textOf(3000).toString() }]);
    expect(done).toEqual([]);
  });

  it("sends what would not become shorter as it is", () => {
    const { deflate } = start();
    const bytes = noise(3000);
    const frame = deflate("a", bytes);
    expect(frame?.[0]).toBe(plainText);
    expect(frame?.subarray(4)).toEqual(bytes);
  });

  it("compresses in a tick as much as a tick may take, and the rest in the next, in order", () => {
    const server = start();
    const bytes = textOf(8000);
    const atOnce: number[] = [];
    for (let number = 0; number < 80; number += 1)
      if (server.deflate(`${number}`, bytes) !== null) atOnce.push(number);
    expect(atOnce.length).toBe(Math.ceil(tickBudget / 8512));
    expect(server.waiting).toBe(1);
    server.endTick();
    expect(server.done.length).toBe(atOnce.length);
    // One that comes now has to wait for those before it.
    expect(server.deflate("late", bytes)).toBeNull();
    for (let tick = 0; tick < 3; tick += 1) server.endTick();
    const rest = Array.from({ length: 80 - atOnce.length }, (_, index) => `${atOnce.length + index}`);
    expect(server.done.map(({ name }) => name)).toEqual([...rest, "late"]);
    for (const { frame } of server.done) expect(frame[0]).toBe(compressedText);
    server.endTick();
    expect(server.waiting).toBe(0);
    expect(server.deflate("again", bytes)).not.toBeNull();
  });

  it("compresses long messages in other threads, and short ones before they are done", async () => {
    const { deflate, done } = start();
    const long = textOf(longMessage);
    const names = ["a", "b", "c", "d"];
    for (const name of names) expect(deflate(name, long)).toBeNull();
    expect(deflate("short", textOf(2000))).not.toBeNull();
    await soon(() => done.map(({ name }) => name).sort()).toEqual(names);
    for (const { frame } of done) {
      expect(frame[0]).toBe(compressedText);
      expect(serverFrames([frame])).toMatchObject([{ text: long.toString() }]);
    }
  });

  it("sends messages as they are while too much waits, and compresses again later", async () => {
    const { deflate, done } = start();
    const large = textOf(mostWaiting / 4);
    for (const name of ["a", "b", "c", "d"]) expect(deflate(name, large)).toBeNull();
    const frame = deflate("e", large);
    expect(frame?.[0]).toBe(plainText);
    expect(frame?.subarray(10)).toEqual(large);
    await soon(() => done.length).toBe(4);
    expect(deflate("f", large)).toBeNull();
    await soon(() => done.length).toBe(5);
    expect(done[4]?.frame[0]).toBe(compressedText);
  });

  it("compresses one message that is larger than all that may wait", async () => {
    const { deflate, done } = start();
    expect(deflate("a", Buffer.alloc(mostWaiting + 1, "a"))).toBeNull();
    await soon(() => done.length).toBe(1);
    expect(done[0]?.frame[0]).toBe(compressedText);
  });
});
