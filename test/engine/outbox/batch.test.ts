import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinBuffers } from "../../../src/engine/outbox/batch.ts";

const limit = 64 * 1024;

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

describe("joinBuffers", () => {
  it("leaves a single buffer as it is, whatever its size", () => {
    for (const length of [0, 1, limit, limit + 1]) {
      const buffer = bytes(length);
      expect(joinBuffers([buffer])[0]).toBe(buffer);
    }
  });

  it("joins buffers that make up to 64 KiB into one", () => {
    expect(joinBuffers([bytes(limit - 1), bytes(1)]).map(({ length }) => length)).toEqual([limit]);
  });

  it("does not copy beyond that", () => {
    const [first, second] = [bytes(limit), bytes(1)];
    const joined = joinBuffers([first, second]);
    expect(joined[0]).toBe(first);
    expect(joined[1]).toBe(second);
    expect(joined).toHaveLength(2);
  });

  it("joins the small neighbours of a large buffer, which stays as it is", () => {
    const large = bytes(limit * 2);
    const joined = joinBuffers([bytes(10), bytes(20), large, bytes(30), bytes(40)]);
    expect(joined.map(({ length }) => length)).toEqual([30, limit * 2, 70]);
    expect(joined[1]).toBe(large);
  });

  it("joins many small buffers into few", () => {
    const joined = joinBuffers(Array.from({ length: 10_000 }, () => bytes(100)));
    expect(joined.length).toBe(Math.ceil(10_000 / Math.floor(limit / 100)));
  });

  it("keeps every byte in its place and never copies more than 64 KiB into one", () => {
    const sizes = fc.array(fc.oneof(fc.nat(200), fc.constantFrom(0, limit - 1, limit, limit + 1)), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const buffers: Uint8Array[] = lengths.map((length, index) => bytes(length, index));
        const joined = joinBuffers(buffers);
        expect(Buffer.compare(Buffer.concat(joined), Buffer.concat(buffers))).toBe(0);
        for (const buffer of joined) expect(buffer.length <= limit || buffers.includes(buffer)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
