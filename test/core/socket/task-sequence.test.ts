import { describe, expect, it } from "vitest";
import { TaskSequence } from "../../../src/core/socket/task-sequence.ts";
import { deferred, soon } from "../../support/waiting.ts";

describe("Sequence", () => {
  it("starts a task at once when it has nothing to wait for", () => {
    const order: string[] = [];
    const sequence = new TaskSequence();
    sequence.start(
      () => "a",
      (value) => void order.push(value),
    );
    expect(order).toEqual(["a"]);
  });

  it("starts tasks in their order, however long each has to wait for its start", async () => {
    const order: string[] = [];
    const sequence = new TaskSequence();
    const [first, second] = [deferred<string>(), deferred<string>()];
    for (const prepare of [() => first.promise, () => second.promise, () => "c"]) {
      sequence.start<string>(prepare, (value) => void order.push(value));
    }
    second.resolve("b");
    await second.promise;
    expect(order).toEqual([]);
    first.resolve("a");
    await soon(() => order).toEqual(["a", "b", "c"]);
  });

  it("waits for what a task says that the next one has to wait for", async () => {
    const order: string[] = [];
    const sequence = new TaskSequence();
    const [begin, hold] = [deferred<string>(), deferred()];
    sequence.start<string>(
      () => begin.promise,
      (value) => {
        order.push(value);
        return hold.promise as Promise<void>;
      },
    );
    sequence.start(
      () => "b",
      (value) => void order.push(value),
    );
    begin.resolve("a");
    await soon(() => order).toEqual(["a"]);
    hold.resolve();
    await soon(() => order).toEqual(["a", "b"]);
  });

  it("waits for nothing any more once it has caught up", async () => {
    const order: string[] = [];
    const sequence = new TaskSequence();
    const begin = deferred<string>();
    sequence.start<string>(
      () => begin.promise,
      (value) => void order.push(value),
    );
    begin.resolve("a");
    await soon(() => order).toEqual(["a"]);
    sequence.start(
      () => "b",
      (value) => void order.push(value),
    );
    expect(order).toEqual(["a", "b"]);
  });
});
