import { describe, expect, it } from "vitest";
import { fromCallback } from "../../src/session/from-callback.ts";

const fault = new Error("the store burns");

describe("a call that takes a callback", () => {
  it("resolves to what it calls back with, at once or later", async () => {
    expect(await fromCallback<number>((done) => done(null, 1))).toBe(1);
    expect(await fromCallback<number>((done) => setImmediate(done, undefined, 2))).toBe(2);
    expect(await fromCallback((done) => done())).toBe(undefined);
  });

  it.each<[string, (done: (error?: unknown) => void) => unknown]>([
    ["it calls back with an error", (done) => done(fault)],
    [
      "it throws",
      () => {
        throw fault;
      },
    ],
    ["it is an async function that fails", async () => Promise.reject(fault)],
  ])("rejects when %s", async (_how, call) => {
    await expect(fromCallback(call)).rejects.toBe(fault);
  });

  it("waits for the callback of an async function that ends before it", async () => {
    const value = await fromCallback<string>(async (done) => void setImmediate(done, null, "late"));
    expect(value).toBe("late");
  });

  it("settles once: a failure after the callback changes nothing", async () => {
    const value = fromCallback<string>(async (done) => {
      done(null, "first");
      throw fault;
    });
    await expect(value).resolves.toBe("first");
  });
});
