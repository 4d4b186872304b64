import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { EmitterLosses } from "../../../src/app/cluster/emitter-losses.ts";
import { QueueHealth } from "../../../src/backplane/bus/queue-health.ts";
import { LogLines } from "../../support/log-lines.ts";

class FakeProcess extends EventEmitter {
  exitCode: number | undefined;
}

describe("what a program that only emits could not send", () => {
  it("is in the log, and in the exit code of a program that ends by itself", () => {
    const [log, process] = [new LogLines(), new FakeProcess()];
    const losses = new EmitterLosses(log, process, new QueueHealth("Redis"));
    losses.onLost(3, new Error("connection refused"));
    expect(log.lines).toEqual([
      expect.stringMatching(/^error 3 messages did not reach the message queue.* 10 s.*connection refused$/),
    ]);
    expect(process.exitCode).toBe(undefined);
    process.emit("beforeExit");
    expect(process.exitCode).toBe(1);
  });

  it("is no matter of the exit code for a program that has heard of it from stop(), or has a code of its own", () => {
    const process = new FakeProcess();
    const losses = new EmitterLosses(new LogLines(), process, new QueueHealth("Redis"));
    losses.onLost(1, null);
    losses.forget();
    process.emit("beforeExit");
    expect(process.exitCode).toBe(undefined);
    process.exitCode = 3;
    losses.onLost(1, null);
    process.emit("beforeExit");
    expect(process.exitCode).toBe(3);
  });
});
