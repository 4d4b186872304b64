import { beforeEach, describe, expect, it } from "vitest";
import { isEvent, type PendingEvent, PendingEvents } from "../../../src/backplane/stream/pending-events.ts";
import { everyoneIn } from "../../../src/core/model/target.ts";
import { Turn } from "../../../src/core/socket/turn.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";

let pending: PendingEvents;
beforeEach(() => {
  pending = new PendingEvents();
});

function add(id: number, value: unknown = id): PendingEvent | "full" | "too large" {
  const event = encodeEvent("/", ["said", value]);
  return pending.add("node", id, { target: everyoneIn("/"), event, compress: true });
}

/** Adds an event that has its offset. */
function addWith(id: number, number: number): void {
  const event = add(id);
  if (typeof event === "object") event.offset = number;
}

const turn = () => new Turn([], () => {});
const ids = () => [...pending].map(({ id }) => id);
const mebibyte = "x".repeat(2 ** 20);

describe("events on their way", () => {
  it("stay in order until each comes back", () => {
    for (const id of [1, 2, 3]) add(id);
    pending.settle(2);
    expect(ids()).toEqual([1, 3]);
    pending.settle(2);
    pending.settle(9);
    expect(ids()).toEqual([1, 3]);
    for (const id of [1, 3]) pending.settle(id);
    expect(pending.isEmpty).toBe(true);
  });

  it("are settled up to an offset: those behind it and those without one stay", () => {
    addWith(1, 10);
    addWith(2, 12);
    addWith(3, 15);
    add(4);
    pending.settleUntil(12);
    expect(ids()).toEqual([3, 4]);
  });

  it("behind one without an offset stay, too: the broker may still have to be asked for it", () => {
    add(1);
    addWith(2, 5);
    pending.settleUntil(9);
    expect(ids()).toEqual([1, 2]);
  });

  it("have no place when they take more than 16 MiB together, and then none is lost", () => {
    for (let id = 1; id <= 15; id += 1) expect(add(id, mebibyte)).toBeTypeOf("object");
    expect(add(16, mebibyte)).toBe("full");
    expect(ids()).toHaveLength(15);
    pending.settle(1);
    expect(add(16, mebibyte)).toBeTypeOf("object");
  });

  it("count their own cost, so that empty ones are bounded, too", () => {
    let id = 1;
    while (add(id) !== "full") id += 1;
    expect(id).toBeGreaterThan(20_000);
    expect(id).toBeLessThan(33_000);
  });

  it("never have a place when one alone is larger than that", () => {
    expect(add(1, "x".repeat(17 * 2 ** 20))).toBe("too large");
    expect(pending.isEmpty).toBe(true);
  });
});

describe("turns that wait for events", () => {
  it("come when every event before them is settled, and not earlier", () => {
    const first = turn();
    const second = turn();
    add(1);
    pending.follow(first);
    add(2);
    pending.follow(second);
    expect(pending.takeTurn()).toBeUndefined();
    pending.settle(2);
    expect(pending.takeTurn()).toBeUndefined();
    pending.settle(1);
    expect(pending.takeTurn()).toBe(first);
    expect(pending.takeTurn()).toBe(second);
    expect(pending.takeTurn()).toBeUndefined();
    expect(pending.isEmpty).toBe(true);
  });

  it("come with the events in one order, and go together", () => {
    const waits = turn();
    add(1);
    pending.follow(waits);
    add(2);
    const all = pending.all();
    expect(all.map((item) => (isEvent(item) ? item.id : item))).toEqual([1, waits, 2]);
    expect(pending.takeAll()).toEqual(all);
    expect([pending.isEmpty, pending.takeTurn()]).toEqual([true, undefined]);
  });

  it("do not stop events behind them from being settled by their offset", () => {
    addWith(1, 3);
    pending.follow(turn());
    addWith(2, 4);
    pending.settleUntil(4);
    expect(ids()).toEqual([]);
    expect(pending.isEmpty).toBe(false);
  });

  it("have no place when all is full", () => {
    let id = 1;
    while (add(id) !== "full") id += 1;
    expect(pending.follow(turn())).toBe(false);
    pending.takeAll();
    expect(pending.follow(turn())).toBe(true);
  });
});
