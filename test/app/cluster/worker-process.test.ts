import { describe, expect, it } from "vitest";
import { isWorker, workerRecord } from "../../../src/app/cluster/worker-process.ts";

describe("isWorker()", () => {
  it("is false in a process that Roomcast has not forked, whatever its environment says", () => {
    expect(isWorker()).toBe(false);
    process.env.ROOMCAST_WORKER = "1";
    expect(isWorker()).toBe(false);
    delete process.env.ROOMCAST_WORKER;
  });
});

it("has nothing for the log of a process that is no worker", () => {
  expect(workerRecord()).toEqual({});
});
