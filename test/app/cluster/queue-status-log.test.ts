import { beforeEach, describe, expect, it } from "vitest";
import { QueueStatusLog } from "../../../src/app/cluster/queue-status-log.ts";
import { QueueHealth } from "../../../src/backplane/bus/queue-health.ts";
import type { MessageProblem } from "../../../src/backplane/wire/message-problem.ts";
import { Trace, type TraceEvent } from "../../../src/base/trace.ts";
import { Counters } from "../../../src/engine/counters.ts";
import { LogLines } from "../../support/log-lines.ts";

let log: LogLines;
let counters: Counters;
let traced: TraceEvent[];
let health: QueueHealth;
let status: QueueStatusLog;

beforeEach(() => {
  log = new LogLines();
  counters = new Counters();
  health = new QueueHealth("Redis", () => 1000);
  traced = [];
  const trace = new Trace();
  trace.listen((event) => traced.push(event));
  status = new QueueStatusLog(log, { counters, trace }, health);
});

describe("the log of the message queue", () => {
  it("says that the queue is back only after it was down", () => {
    status.onUp();
    expect(log.lines).toEqual([]);
    status.onDown(new Error("connection refused"));
    expect(health.stats(undefined, "none")).toMatchObject({
      state: "down",
      error: { code: null, message: "connection refused", at: 1000 },
    });
    status.onUp();
    status.onUp();
    expect(health.state).toBe("up");
    expect(log.lines).toEqual([
      expect.stringMatching(
        /^error The message queue is down: .*only clients of this process.* connection refused$/,
      ),
      expect.stringMatching(/^info The message queue is back/),
    ]);
  });

  it("has one line for all messages that the queue refuses, and counts and traces each", () => {
    for (const size of [1, 2, 3]) status.onRefused(new Error(`${size} MB are too much`));
    expect(log.lines).toEqual([
      expect.stringMatching(/stats\(\)\.messagesRefused: Error: 1 MB are too much$/),
    ]);
    expect(counters.messagesRefused).toBe(3);
    expect(traced).toEqual(
      [1, 2, 3].map((size) => ({ type: "message refused", reason: `Error: ${size} MB are too much` })),
    );
  });

  it("has one line for each kind of message that is ignored, and counts and traces each", () => {
    const problems: MessageProblem[] = ["forged", "stale", "forged", "forged"];
    for (const [index, problem] of problems.entries()) status.onIgnored(problem, `message ${index}`);
    expect(log.lines).toEqual([
      expect.stringContaining("its signature does not fit"),
      expect.stringContaining("it was signed too long ago, or not yet"),
    ]);
    expect(counters.messagesIgnored).toBe(4);
    expect(traced.map((event) => "reason" in event && event.reason)).toEqual([
      "message 0",
      "message 1",
      "message 2",
      "message 3",
    ]);
  });

  it("writes nothing of an ignored message, which any program may have sent", () => {
    status.onIgnored("unreadable", "\u001b[2J password=hunter2");
    expect(log.lines[0]).not.toContain("hunter2");
    expect(log.lines[0]).toContain("The next ones are only counted, in stats().messagesIgnored");
  });

  it("tells a queue that cannot be used from one that is down", () => {
    status.onUnusable(new Error("no such user"));
    expect(log.lines).toEqual([
      "error The message queue cannot be used: only clients of this process are reached: Error: no such user",
    ]);
    status.onUp();
    expect(log.lines).toHaveLength(1);
  });
});

it("builds no event for the trace while nothing listens", () => {
  const logger = { info() {}, warn() {}, error() {} };
  new QueueStatusLog(logger, { counters, trace: new Trace() }, health).onRefused({
    toString() {
      throw new Error("it was read");
    },
  });
  expect(counters.messagesRefused).toBe(1);
});
