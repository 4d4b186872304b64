import { describe, expect, it, vi } from "vitest";
import { ReceivedEvents } from "../../../src/core/socket/received-events.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { heldBytes } from "../../support/held-memory.ts";

function makeEvents(given: object = {}) {
  const clock = new FakeClock();
  const bounds = { maxIds: 3, maxAge: 1000, maxBytes: 1000, ...given };
  return { clock, events: new ReceivedEvents(bounds, clock) };
}

describe("ReceivedEvents", () => {
  it("gives the first answer to repetitions before and after it", () => {
    const { events } = makeEvents();
    const answers = [vi.fn(), vi.fn(), vi.fn(), vi.fn()] as const;
    const first = events.take("a", answers[0]);
    expect(events.take("a", answers[1])).toBeNull();
    expect(events.take("a", answers[2])).toBeNull();
    expect(events.take("a", null)).toBeNull();
    expect(answers[1]).not.toHaveBeenCalled();
    first?.([1, "two"]);
    first?.(["another"]);
    expect(events.take("a", answers[3])).toBeNull();
    for (const answer of answers) expect(answer.mock.calls).toEqual([[[1, "two"]]]);
  });

  it("answers the latest repetitions of an event that takes its time, however many there are", () => {
    const { events } = makeEvents();
    const answers = Array.from({ length: 1000 }, () => vi.fn());
    const [first = vi.fn(), ...repeated] = answers;
    const settle = events.take("a", first);
    for (const answer of repeated) events.take("a", answer);
    settle?.(["done"]);
    const called = answers.map(({ mock }) => mock.calls.length);
    expect(called.slice(-10)).toEqual(Array.from({ length: 10 }, () => 1));
    expect(called.reduce((sum, count) => sum + count, 0)).toBe(10);
  });

  it("remembers small binary answers in about their own memory", () => {
    const held = heldBytes(() => {
      const { events } = makeEvents({ maxIds: 2000, maxBytes: 100_000 });
      for (let index = 0; index < 2000; index += 1) {
        events.take(`id ${index}`, null)?.([Buffer.from("x")]);
        // What other code takes from Node's shared memory and gives back.
        Buffer.allocUnsafe(3000).fill(0);
      }
      return events;
    });
    // Each answer would keep 8 KiB of that memory alive.
    expect(held).toBeLessThan(5_000_000);
  });

  it("answers as it did the first time, whatever became of the values since", () => {
    const { events } = makeEvents();
    const bytes = Buffer.from("abc");
    const value = { list: [1], bytes, when: new Date(0) };
    events.take("a", null)?.([value]);
    value.list.push(2);
    bytes[0] = 0;
    const answer = vi.fn();
    events.take("a", answer);
    expect(answer.mock.calls).toEqual([
      [[{ list: [1], bytes: Buffer.from("abc"), when: "1970-01-01T00:00:00.000Z" }]],
    ]);
  });

  it("takes another answer where the first cannot be sent", () => {
    const { events } = makeEvents();
    const answer = vi.fn();
    const first = events.take("a", answer);
    expect(() => first?.([1n])).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD" }));
    expect(answer).not.toHaveBeenCalled();
    first?.(["failed"]);
    expect(answer.mock.calls).toEqual([[["failed"]]]);
  });

  it("answers deeply nested values and many attachments again", () => {
    const { events } = makeEvents({ maxBytes: 100_000 });
    let deep: unknown = "bottom";
    for (let level = 0; level < 500; level += 1) deep = [deep];
    const values = [deep, ...Array.from({ length: 20 }, (_, index) => Buffer.from([index]))];
    events.take("a", null)?.(values);
    const answer = vi.fn();
    events.take("a", answer);
    expect(answer.mock.calls).toEqual([[values]]);
  });

  it("forgets the oldest when there are too many", () => {
    const { events } = makeEvents();
    for (const id of ["a", "b", "c", "d"]) expect(events.take(id, null)).not.toBeNull();
    expect(events.size).toBe(3);
    expect(events.take("b", null)).toBeNull();
    expect(events.take("a", null)).not.toBeNull();
  });

  it("forgets old events", () => {
    const { clock, events } = makeEvents();
    events.take("a", null);
    clock.advance(600);
    events.take("b", null);
    clock.advance(600);
    expect(events.take("b", null)).toBeNull();
    expect(events.size).toBe(1);
    expect(events.take("a", null)).not.toBeNull();
  });

  it("forgets the oldest when their answers take too many bytes, and never the latest", () => {
    const { events } = makeEvents();
    events.take("a", null)?.(["x".repeat(600)]);
    events.take("b", null)?.(["x".repeat(600)]);
    expect(events.size).toBe(1);
    expect(events.take("b", null)).toBeNull();
    events.take("c", null)?.(["x".repeat(5000)]);
    expect(events.take("c", null)).toBeNull();
    expect(events.size).toBe(1);
  });

  it("keeps no answer to what was forgotten while it was handled", () => {
    const { events } = makeEvents({ maxIds: 1, maxBytes: 100 });
    const answer = vi.fn();
    const first = events.take("a", answer);
    events.take("b", null)?.([]);
    first?.(["x".repeat(5000)]);
    expect(answer).toHaveBeenCalledOnce();
    expect(events.take("b", null)).toBeNull();
  });
});
