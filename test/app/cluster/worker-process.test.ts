import { describe, expect, it } from "vitest";
import { isWorker } from "../../../src/app/cluster/worker-process.ts";

describe("isWorker()", () => {
  it("is false in a process that Roomcast has not forked, whatever its environment says", () => {
    expect(isWorker()).toBe(false);
    process.env.ROOMCAST_WORKER = "1";
    expect(isWorker()).toBe(false);
    delete process.env.ROOMCAST_WORKER;
  });
});
