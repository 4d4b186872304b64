import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { Trace, type TraceEvent, traceChannelName } from "../../src/base/trace.ts";

const started: TraceEvent = { type: "task started", name: "ticker" };

describe("Trace", () => {
  it("is active while it has listeners", () => {
    const trace = new Trace();
    expect(trace.active).toBe(false);
    const stop = trace.listen(() => {});
    expect(trace.active).toBe(true);
    stop();
    stop();
    expect(trace.active).toBe(false);
  });

  it("tells every listener, and none that has stopped", () => {
    const trace = new Trace();
    const heard: string[] = [];
    const stop = trace.listen((event) => heard.push(`a ${event.type}`));
    trace.listen((event) => heard.push(`b ${event.type}`));
    trace.publish(started);
    stop();
    trace.publish(started);
    expect(heard).toEqual(["a task started", "b task started", "b task started"]);
  });

  it("tells the process's channel, whose subscribers make it active", () => {
    const trace = new Trace();
    const heard: unknown[] = [];
    const listener = (event: unknown) => heard.push(event);
    subscribe(traceChannelName, listener);
    expect(trace.active).toBe(true);
    trace.publish(started);
    unsubscribe(traceChannelName, listener);
    expect(trace.active).toBe(false);
    trace.publish(started);
    expect(heard).toEqual([started]);
    expect(channel(traceChannelName).hasSubscribers).toBe(false);
  });

  it("reports a listener that throws, and tells the others all the same", () => {
    const reported: unknown[] = [];
    const trace = new Trace((error) => reported.push(error));
    const heard: TraceEvent[] = [];
    const error = new Error("of the listener");
    trace.listen(() => {
      throw error;
    });
    trace.listen((event) => heard.push(event));
    trace.publish(started);
    expect([reported, heard]).toEqual([[error], [started]]);
  });

  it("reports a listener whose promise rejects", async () => {
    const reported: unknown[] = [];
    const trace = new Trace((error) => reported.push(error));
    trace.listen(async () => {
      throw "of the listener";
    });
    trace.publish(started);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reported).toEqual(["of the listener"]);
  });
});
