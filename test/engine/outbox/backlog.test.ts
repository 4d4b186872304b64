import { describe, expect, it } from "vitest";
import { Backlog } from "../../../src/engine/outbox/backlog.ts";
import type { Batch } from "../../../src/engine/outbox/batch.ts";

const limit = 1000;

/** A batch of one packet with so many bytes, or of several. */
function batch(size: number, length = 1): Batch {
  return { size, length, frames: "", payload: "" };
}

describe("Backlog.excess", () => {
  it("does not count what this tick adds, since the client had no time to take it", () => {
    const backlog = new Backlog();
    expect(backlog.excess(batch(limit), true, 0, limit)).toBe(0);
    expect(backlog.excess(batch(limit + 500), true, 0, limit)).toBe(0);
    expect(backlog.excess(batch(limit + 500), true, 0, limit)).toBe(limit + 500);
  });

  it("adds the bytes that the transport holds to those that are held here", () => {
    const backlog = new Backlog();
    expect(backlog.excess(batch(600), true, 300, limit)).toBe(0);
    expect(backlog.excess(batch(600), true, 400, limit)).toBe(0);
    expect(backlog.excess(batch(600), true, 401, limit)).toBe(1001);
  });

  it("counts nothing as held once the batch can be sent", () => {
    const backlog = new Backlog();
    backlog.excess(batch(900), true, 0, limit);
    expect(backlog.excess(batch(900), false, 500, limit)).toBe(0);
    expect(backlog.excess(batch(10), true, 900, limit)).toBe(0);
  });

  it("allows a message that is larger than the limit, and no more beyond it", () => {
    const backlog = new Backlog();
    expect(backlog.excess(batch(5000), false, 0, limit)).toBe(0);
    expect(backlog.excess(batch(10), false, 5000, limit)).toBe(0);
    expect(backlog.excess(batch(10), false, limit + 5000, limit)).toBe(0);
    expect(backlog.excess(batch(10), false, limit + 5001, limit)).toBe(limit + 5001);
  });

  it("allows it only until the client has taken it", () => {
    const backlog = new Backlog();
    backlog.excess(batch(5000), false, 0, limit);
    backlog.excess(batch(10), false, limit, limit);
    expect(backlog.excess(batch(10), false, limit + 1, limit)).toBe(limit + 1);
  });

  it("counts a short packet as the memory that it takes", () => {
    const backlog = new Backlog();
    expect(backlog.excess(batch(6, 6), true, 0, limit)).toBe(0);
    expect(backlog.excess(batch(12, 12), true, 0, limit)).toBe(0);
    expect(backlog.excess(batch(12, 12), true, 0, limit)).toBe(12 * 160);
  });
});
