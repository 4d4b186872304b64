import { describe, expect, it } from "vitest";
import { KeyedQueue } from "../../../src/base/queue/keyed-queue.ts";

/** A task that ends when it is told to. */
function controlled(name: string, log: string[]) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const task = async () => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { task, end };
}

describe("KeyedQueue", () => {
  it("starts the first task of a key at once", () => {
    const log: string[] = [];
    void new KeyedQueue().run("a", controlled("a1", log).task);
    expect(log).toEqual(["a1 begins"]);
  });

  it("runs the tasks of one key one after another, and those of other keys at the same time", async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const a1 = controlled("a1", log);
    const a2 = controlled("a2", log);
    const b1 = controlled("b1", log);
    const results = [queue.run("a", a1.task), queue.run("a", a2.task), queue.run("b", b1.task)];
    b1.end();
    await results[2];
    a2.end();
    a1.end();
    expect(await Promise.all(results)).toEqual(["a1", "a2", "b1"]);
    expect(log).toEqual(["a1 begins", "b1 begins", "b1 ends", "a1 ends", "a2 begins", "a2 ends"]);
  });

  it("goes on after a task that fails, whose caller gets the error", async () => {
    const queue = new KeyedQueue();
    const failing = queue.run("a", () => Promise.reject(new Error("no")));
    const next = queue.run("a", () => Promise.resolve("yes"));
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBe("yes");
  });

  it("starts at once again when all tasks of a key have ended", async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    await queue.run("a", () => Promise.resolve());
    await Promise.resolve();
    void queue.run("a", controlled("a2", log).task);
    expect(log).toEqual(["a2 begins"]);
  });
});
