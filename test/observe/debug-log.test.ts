import type { TraceEvent } from "roomcast";
import { describe, expect, it } from "vitest";
import { Trace } from "../../src/base/trace.ts";
import { DebugLog, describeTrace } from "../../src/observe/debug-log.ts";
import { LogLines } from "../support/log-lines.ts";

type Lines = {
  [Type in TraceEvent["type"]]: [event: Omit<Extract<TraceEvent, { type: Type }>, "type">, line: string];
};

const place = { sid: "ada", namespace: "/chat" };

/** A line for each kind of event: one that is missing here does not compile. */
const lines: Lines = {
  "connection open": [
    { connection: 7, transport: "polling", address: "192.0.2.1" },
    "connection 7: open over polling from 192.0.2.1",
  ],
  "connection upgrade": [{ connection: 7, transport: "websocket" }, "connection 7: now over websocket"],
  "connection close": [
    { connection: 7, reason: "too many attachments", detail: "11 attachments, more than 10" },
    "connection 7: closed (too many attachments: 11 attachments, more than 10)",
  ],
  "request refused": [
    { status: 403, message: "Forbidden", method: "GET", path: "/socket.io/", address: "192.0.2.1" },
    "refused GET /socket.io/ from 192.0.2.1: 403 Forbidden",
  ],
  "socket connect": [{ ...place, connection: 7, recovered: false }, "/chat ada connected (connection 7)"],
  "recovery expired": [place, "/chat ada will not come back"],
  "socket refused": [
    { connection: 7, namespace: "/chat", message: "members only" },
    "connection 7: refused in /chat (members only)",
  ],
  "socket disconnect": [
    { ...place, connection: 7, reason: "transport close" },
    "/chat ada disconnected (transport close)",
  ],
  "event received": [{ ...place, event: "say", args: ["hello", { n: 1 }] }, "/chat ada <- say (2 arguments)"],
  "event repeated": [
    { ...place, event: "say" },
    "/chat ada <- say: it was received before and is not handled again",
  ],
  "arguments missing": [
    { ...place, event: "say", expected: 2, received: 1 },
    "/chat ada <- say: its handler takes 2 arguments, and 1 came. There is no callback: what a handler returns is the acknowledgement",
  ],
  "event refused": [
    {
      ...place,
      event: "say",
      code: "ERR_INVALID_EVENT",
      issues: [
        { message: "no text", path: ["text", 0] },
        { message: "too many", path: [] },
      ],
    },
    "/chat ada <- say: refused (ERR_INVALID_EVENT), text: 0: no text, too many",
  ],
  "answer refused": [
    { ...place, event: "ask", issues: [{ message: "no number", path: [] }] },
    "/chat ada answered ask: it does not fit the contract, no number",
  ],
  "event without handler": [{ ...place, event: "say" }, "/chat ada <- say: there is no handler for it"],
  "event ignored": [
    { connection: 7, namespace: "/chat", message: "an event for a namespace that the client is not in" },
    "connection 7: ignored an event for a namespace that the client is not in (/chat)",
  ],
  "limit reached": [
    { connection: 7, namespace: "/chat", limit: "maxRooms" },
    "connection 7: has reached maxRooms (/chat)",
  ],
  "event sent": [
    { namespace: "/chat", event: "say", args: [], to: "everyone", clients: 3 },
    "/chat -> say to everyone (3 clients)",
  ],
  "room joined": [{ ...place, room: "kitchen" }, "/chat ada joined room kitchen"],
  "room left": [{ ...place, room: "kitchen" }, "/chat ada left room kitchen"],
  "room closed": [{ namespace: "/chat", room: "kitchen" }, "/chat closed room kitchen"],
  "backplane up": [{ bus: "Redis" }, "Redis: up"],
  "backplane down": [{ bus: "Redis", reason: "gone" }, "Redis: down (gone)"],
  "process joined": [{ node: "n", label: "web:1" }, "process web:1 joined (n)"],
  "process left": [{ node: "n", label: "web:1", reason: "silent" }, "process web:1 left: silent (n)"],
  "message ignored": [{ reason: "version 9" }, "ignored a message of another process: version 9"],
  "message dropped": [{ bytes: 5 }, "dropped a message of 5 bytes to other processes"],
  "message refused": [{ reason: "too large" }, "the message queue refused a message: too large"],
  "task started": [{ name: "count" }, "background task count started"],
  "task ended": [{ name: "count" }, "background task count ended"],
};

describe("describeTrace()", () => {
  it.each(Object.entries(lines))("tells of %j in one line", (type, [event, line]) => {
    expect(describeTrace({ type, ...event } as TraceEvent)).toBe(line);
  });

  it("counts one client as one", () => {
    const event = { namespace: "/", event: "say", args: [1], to: "ada", clients: 1 };
    expect(describeTrace({ type: "event sent", ...event })).toBe("/ -> say (1 argument) to ada (1 client)");
  });

  it("shows arguments only when they are asked for", () => {
    const event = { type: "event received", ...place, event: "say", args: ["hello", { n: 1 }] } as const;
    expect(describeTrace(event, true)).toBe("/chat ada <- say 'hello', { n: 1 }");
  });

  it("stays one line, and short, whatever an event carries", () => {
    const args = ["x\ny".repeat(5000), { a: { b: { c: { d: { hidden: 1 } } } } }, Array(1000).fill(0)];
    const event = "e\u001b[2J\n\u009b\u2028\u202e\u2066";
    const line = describeTrace({ type: "event received", ...place, event, args }, true);
    expect(line).toContain("e\\u001b[2J\\u000a\\u009b\\u2028\\u202e\\u2066");
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).not.toContain("hidden");
    expect(line.length).toBeLessThan(600);
  });
});

describe("DebugLog", () => {
  it("writes a line for each event while it is on, and a warning for missing arguments", () => {
    const log = new LogLines();
    const trace = new Trace(() => {});
    const debugLog = new DebugLog(trace, log);
    const publish = () => {
      trace.publish({ type: "task started", name: "tick" });
      trace.publish({ type: "arguments missing", ...place, event: "e", expected: 2, received: 1 });
    };
    publish();
    debugLog.start();
    debugLog.start();
    publish();
    debugLog.stop();
    publish();
    expect(log.lines).toEqual([
      "debug background task tick started",
      expect.stringMatching(/^warn \/chat ada <- e: its handler takes 2 arguments/),
    ]);
    debugLog.start();
    publish();
    expect(log.lines).toHaveLength(4);
  });

  it("gives what happened as data too, without arguments, and under names that no logger uses itself", () => {
    const log = new LogLines();
    const trace = new Trace(() => {});
    new DebugLog(trace, log).start();
    const secret = { token: "hunter2" };
    trace.publish({ type: "event received", ...place, event: "login", args: [secret] });
    trace.publish({ type: "event sent", namespace: "/", event: "in", args: [secret], to: "ada", clients: 1 });
    trace.publish({ type: "socket refused", connection: 7, namespace: "/", message: "members only" });
    trace.publish({ type: "process left", node: "n", label: "web:1", reason: "silent" });
    trace.publish({ type: "task started", name: "tick" });
    trace.publish({ type: "arguments missing", ...place, event: "e", expected: 2, received: 1 });
    expect(log.records).toEqual([
      { type: "event received", ...place, event: "login", argumentCount: 1 },
      { type: "event sent", namespace: "/", event: "in", argumentCount: 1, to: "ada", clients: 1 },
      { type: "socket refused", connection: 7, namespace: "/", reason: "members only" },
      { type: "process left", node: "n", process: "web:1", reason: "silent" },
      { type: "task started", task: "tick" },
      { type: "arguments missing", ...place, event: "e", expected: 2, received: 1 },
    ]);
    expect(JSON.stringify([log.lines, log.records])).not.toContain("hunter2");
  });

  it("gives arguments when they are asked for, and goes on with it", () => {
    const log = new LogLines();
    const trace = new Trace(() => {});
    const debugLog = new DebugLog(trace, log);
    debugLog.start(true);
    debugLog.start(false);
    trace.publish({ type: "event received", ...place, event: "say", args: ["hello"] });
    expect(log.lines).toEqual(["debug /chat ada <- say 'hello'"]);
    expect(log.records).toEqual([{ type: "event received", ...place, event: "say", args: ["hello"] }]);
  });

  it("says once that the logger does not write its lines, and follows a change of the level", () => {
    const log = new LogLines();
    const trace = new Trace(() => {});
    log.writesDebug = false;
    new DebugLog(trace, log).start();
    const publish = () => trace.publish({ type: "task started", name: "tick" });
    publish();
    expect(log.lines).toEqual([expect.stringMatching(/^info The debug log is on.* level to debug\.$/)]);
    log.writesDebug = true;
    publish();
    expect(log.lines).toHaveLength(2);
  });
});
