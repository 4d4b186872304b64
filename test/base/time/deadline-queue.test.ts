import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deadline, DeadlineQueue } from "../../../src/base/time/deadline-queue.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp(duration = 1000, onDue: (item: string) => void = () => {}, early = 0) {
  const clock = new FakeClock();
  const due: string[] = [];
  const queue = new DeadlineQueue<string>(
    clock,
    duration,
    (item) => {
      due.push(item);
      onDue(item);
    },
    early,
  );
  return { clock, due, queue };
}

describe("DeadlineQueue", () => {
  it("hands an item over when its time has come, and not before", () => {
    const { clock, due, queue } = setUp();
    queue.add(new Deadline("a"));
    clock.advance(999);
    expect(due).toEqual([]);
    clock.advance(1);
    expect(due).toEqual(["a"]);
    expect(queue.size).toBe(0);
  });

  it("hands items over in the order in which they were added", () => {
    const { clock, due, queue } = setUp();
    for (const item of ["a", "b", "c"]) queue.add(new Deadline(item));
    clock.advance(1000);
    expect(due).toEqual(["a", "b", "c"]);
  });

  it("hands each item over at its own time where none may come early", () => {
    const { clock, due, queue } = setUp();
    queue.add(new Deadline("first"));
    clock.advance(1);
    queue.add(new Deadline("second"));
    clock.advance(999);
    expect(due).toEqual(["first"]);
    clock.advance(1);
    expect(due).toEqual(["first", "second"]);
  });

  it("hands those over together that are due close together, where they may come early", () => {
    const { clock, due, queue } = setUp(1000, () => {}, 10);
    for (const item of ["first", "second", "third"]) {
      queue.add(new Deadline(item));
      clock.advance(5);
    }
    clock.advance(996 - 15);
    expect(due).toEqual([]);
    clock.advance(1);
    expect(due).toEqual(["first", "second"]);
    clock.advance(9);
    expect(due).toEqual(["first", "second"]);
    clock.advance(1);
    expect(due).toEqual(["first", "second", "third"]);
  });

  it("waits whole milliseconds, of which the runtime drops the rest", () => {
    const clock = new FakeClock();
    const due: number[] = [];
    const queue = new DeadlineQueue<string>(clock, 100.4, () => due.push(clock.now()));
    const start = clock.now();
    queue.add(new Deadline("a"));
    clock.advance(200);
    expect(due).toEqual([start + 101]);
  });

  it("starts the wait again for an item that is added again", () => {
    const { clock, due, queue } = setUp();
    const deadline = new Deadline("a");
    queue.add(deadline);
    clock.advance(900);
    queue.add(deadline);
    expect(queue.size).toBe(1);
    clock.advance(900);
    expect(due).toEqual([]);
    clock.advance(120);
    expect(due).toEqual(["a"]);
  });

  it("takes an item out of the queue where it waited before", () => {
    const clock = new FakeClock();
    const due: string[] = [];
    const first = new DeadlineQueue<string>(clock, 100, () => due.push("first"));
    const second = new DeadlineQueue<string>(clock, 100, () => due.push("second"));
    const deadline = new Deadline("a");
    first.add(deadline);
    second.add(deadline);
    expect([first.size, second.size]).toEqual([0, 1]);
    clock.advance(200);
    expect(due).toEqual(["second"]);
  });

  it("forgets an item that is cancelled, wherever it stands; cancelling twice is harmless", () => {
    for (const gone of [0, 1, 2]) {
      const { clock, due, queue } = setUp();
      const deadlines = ["a", "b", "c"].map((item) => new Deadline(item));
      for (const deadline of deadlines) queue.add(deadline);
      deadlines[gone]?.cancel();
      deadlines[gone]?.cancel();
      expect(queue.size).toBe(2);
      clock.advance(1000);
      expect(due).toEqual(["a", "b", "c"].filter((_, index) => index !== gone));
    }
  });

  it("leaves alone a deadline that waits elsewhere", () => {
    const { queue } = setUp();
    const other = setUp().queue;
    const deadline = new Deadline("a");
    other.add(deadline);
    queue.remove(deadline);
    expect(other.size).toBe(1);
  });

  it("has one timer however many wait, and none while none does", () => {
    const { clock, queue } = setUp();
    const deadlines = ["a", "b", "c"].map((item) => new Deadline(item));
    for (const deadline of deadlines) queue.add(deadline);
    expect(clock.timerCount).toBe(1);
    for (const deadline of deadlines) deadline.cancel();
    expect(clock.timerCount).toBe(0);
    for (const deadline of deadlines) queue.add(deadline);
    clock.advance(2000);
    expect(clock.timerCount).toBe(0);
  });

  it("does not keep the process alive", () => {
    const { clock, queue } = setUp();
    queue.add(new Deadline("a"));
    expect([clock.timerCount, clock.holdingTimerCount]).toEqual([1, 0]);
  });

  it("keeps the time of those that wait when an item that was due is added again", () => {
    const { clock, due, queue } = setUp(1000, (item) => item === "a" && queue.add(first));
    const first = new Deadline("a");
    queue.add(first);
    clock.advance(100);
    queue.add(new Deadline("b"));
    clock.advance(1000);
    expect(due).toEqual(["a", "b"]);
    clock.advance(900);
    expect(due).toEqual(["a", "b", "a"]);
    expect(clock.timerCount).toBe(1);
  });

  it("does not hand over what another item's turn cancels", () => {
    const { clock, due, queue } = setUp(1000, () => second.cancel());
    const second = new Deadline("b");
    queue.add(new Deadline("a"));
    queue.add(second);
    clock.advance(2000);
    expect(due).toEqual(["a"]);
    expect(clock.timerCount).toBe(0);
  });

  it("goes on after an item whose turn throws", () => {
    const { clock, due, queue } = setUp(1000, (item) => {
      if (item === "a") throw new Error("of the item");
    });
    queue.add(new Deadline("a"));
    queue.add(new Deadline("b"));
    expect(() => clock.advance(1020)).toThrow("of the item");
    clock.advance(20);
    expect(due).toEqual(["a", "b"]);
  });

  it("does not blame an item for a stall of the program when its sign of life waits behind the timer", () => {
    const { clock, due, queue } = setUp();
    const deadline = new Deadline("a");
    queue.add(deadline);
    clock.stall(5000);
    clock.fireTimers();
    deadline.cancel();
    clock.endTick();
    expect(due).toEqual([]);
  });

  it("has one timer although the queue was emptied and filled while a turn waited for the end of the tick", () => {
    const { clock, due, queue } = setUp();
    const deadline = new Deadline("a");
    queue.add(deadline);
    clock.stall(1000);
    clock.fireTimers();
    queue.add(deadline);
    clock.endTick();
    expect([due, clock.timerCount]).toEqual([[], 1]);
    clock.advance(1000);
    expect([due, clock.timerCount]).toEqual([["a"], 0]);
  });

  it("serves each item once, in time, whatever is added and cancelled between", () => {
    const step = fc.record({
      item: fc.nat(5),
      action: fc.constantFrom("add", "cancel"),
      wait: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new FakeClock();
        const dueAt = new Map<number, number>();
        const queue = new DeadlineQueue<number>(clock, 1000, (item) => {
          const expected = dueAt.get(item) ?? Number.NaN;
          expect(clock.now()).toBeGreaterThanOrEqual(expected);
          expect(clock.now()).toBeLessThanOrEqual(expected);
          dueAt.delete(item);
        });
        const deadlines = Array.from({ length: 6 }, (_, item) => new Deadline(item));
        for (const { item, action, wait } of steps) {
          const deadline = deadlines[item];
          if (action === "add" && deadline !== undefined) {
            queue.add(deadline);
            dueAt.set(item, clock.now() + 1000);
          } else {
            deadline?.cancel();
            dueAt.delete(item);
          }
          expect(queue.size).toBe(dueAt.size);
          clock.advance(wait);
        }
        clock.advance(1000);
        expect([dueAt.size, queue.size, clock.timerCount]).toEqual([0, 0, 0]);
      }),
    );
  });
});
