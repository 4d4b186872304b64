import { describe, expect, it } from "vitest";
import { WriteOrder } from "../../src/session/write-order.ts";

describe("WriteOrder", () => {
  it("runs the tasks of one session one after the other, and those of others meanwhile", async () => {
    const order = new WriteOrder();
    const log: string[] = [];
    const task = (name: string) => async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.push(`${name} ends`);
    };
    await Promise.all([order.run("a", task("a1")), order.run("a", task("a2")), order.run("b", task("b1"))]);
    expect(log).toEqual(["a1 begins", "b1 begins", "a1 ends", "a2 begins", "b1 ends", "a2 ends"]);
  });

  it("goes on after a task that failed, and tells its caller", async () => {
    const order = new WriteOrder();
    const failing = order.run("a", async () => {
      throw new Error("no");
    });
    const next = order.run("a", async () => {});
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBeUndefined();
  });
});
