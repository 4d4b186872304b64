import { beforeEach, expect, it } from "vitest";
import { RecoveryStatusLog } from "../../../src/app/cluster/recovery-status-log.ts";
import type { SharedRecovery } from "../../../src/core/recovery/recovery-log.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";
import { everyone, room, Site } from "../../core/site.ts";
import { LogLines } from "../../support/log-lines.ts";

let site: Site;
let log: LogLines;
let told: unknown[];
let problems: unknown[];
let status: RecoveryStatusLog;

beforeEach(() => {
  site = new Site();
  log = new LogLines();
  told = [];
  problems = [];
  const queue = { onIgnored: (problem: string, details: string) => void told.push([problem, details]) };
  status = new RecoveryStatusLog(log, site.hub, queue, {
    onLost: (count, error) => told.push([count, error]),
    onDropped: (count) => told.push(["dropped", count]),
    onProblem: (error) => problems.push(error),
    onUnshared: ({ event }) => told.push(["unshared", event]),
  });
});

it("says when clients cannot come back to any process, and when they can again", () => {
  const problem = new Error("connection refused");
  status.onDown(problem);
  status.onUp();
  expect(problems).toEqual([problem]);
  expect(log.lines).toEqual([
    expect.stringMatching(/^error Recovery is off until the message queue is back: .* connection refused$/),
    expect.stringMatching(/^info Recovery is back/),
  ]);
});

it("has one line for all losses of a kind, and counts and traces each", () => {
  const traced = site.listen();
  for (const what of ["event", "client", "event", "message", "event"] as const)
    status.onUnkept(what, new Error(`the ${what} is too large`));
  expect(log.lines).toEqual([
    expect.stringMatching(/^error .*stats\(\)\.eventsNotKept: Error: the event is too large$/),
    expect.stringMatching(/^error .*stats\(\)\.clientsNotKept: Error: the client is too large$/),
    expect.stringMatching(/^error .*stats\(\)\.messagesRefused: Error: the message is too large$/),
  ]);
  expect(site.counters).toMatchObject({ eventsNotKept: 3, clientsNotKept: 1, messagesRefused: 1 });
  expect(traced.map(({ type }) => type)).toEqual(Array(5).fill("message refused"));
});

it("gives up on a broker for good: what waited for it reaches the clients of this process, in order", () => {
  const peer = site.peer();
  const socket = peer.join();
  void site.hub.operations.join({ ...everyone, sid: socket.sid }, "red");
  const outsider = site.peer();
  outsider.join();
  site.hub.namespaces.shareRecovery({} as SharedRecovery);
  status.onUnusable(new Error("unknown command XADD"), [
    { target: room("red"), event: encodeEvent("/", ["first", 1]), compress: true },
    { target: everyone, event: encodeEvent("/", ["second", { a: [2, "b"] }]), compress: false },
  ]);
  expect(peer.heard()).toEqual(['42["first",1]', '42["second",{"a":[2,"b"]}]']);
  expect(outsider.heard()).toEqual(['42["second",{"a":[2,"b"]}]']);
  expect(site.hub.namespaces.sharedRecovery).toBe(null);
  expect(log.lines).toEqual(["error Recovery works within this process only: Error: unknown command XADD"]);
});

it("hands ignored messages and lost ones on to those that report them", () => {
  const error = new Error("down");
  status.onIgnored("forged", "a record");
  status.onLost(3, error);
  expect(told).toEqual([
    ["forged", "a record"],
    [3, error],
  ]);
  expect(log.lines).toEqual([]);
});
