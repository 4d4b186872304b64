import { describe, expect, it } from "vitest";
import { ClientReports } from "../../src/admin/client-reports.ts";
import { Trace } from "../../src/base/trace.ts";
import { ForeignEvents } from "../../src/core/foreign-events.ts";
import type { Hub } from "../../src/core/hub.ts";
import { OutgoingEvents } from "../../src/core/outgoing-events.ts";

function reportsOf() {
  const trace = new Trace();
  const outgoing = new OutgoingEvents({ report() {} }, trace);
  const foreignEvents = new ForeignEvents();
  const namespaces = { foreignEvents, all: () => [], get: () => undefined, select: () => [{ sid: "ada" }] };
  const sent: unknown[][] = [];
  const send = (event: string, values: readonly unknown[]) => void sent.push([event, ...values]);
  const hub = { trace, outgoing, namespaces } as unknown as Hub;
  const reports = new ClientReports(
    { hub, send, onProcessLeft: () => sent.push(["process left"]) },
    "/admin",
    "one#",
  );
  return { trace, outgoing, foreignEvents, reports, sent };
}

const received = (namespace: string) =>
  ({ type: "event received", sid: "ada", namespace, event: "say", args: ["tea"] }) as const;

describe("ClientReports", () => {
  it("listens to nothing before its start and after its end", () => {
    const { trace, outgoing, foreignEvents, reports } = reportsOf();
    const watched = () => [trace.active, outgoing.isWatched, foreignEvents.isWatched];
    expect(watched()).toEqual([false, false, false]);
    reports.start();
    reports.start();
    expect(watched()).toEqual([true, true, true]);
    reports.stop();
    expect(watched()).toEqual([false, false, false]);
  });

  it("tells nothing of the interface's own namespace", () => {
    const { trace, reports, sent } = reportsOf();
    reports.start();
    trace.publish(received("/admin"));
    trace.publish({ type: "room joined", sid: "ada", namespace: "/admin", room: "hall" });
    trace.publish(received("/"));
    expect(sent).toEqual([["event_received", "/", "ada", ["say", "tea"], expect.any(String)]]);
  });

  it("tells of a process that is gone", () => {
    const { trace, reports, sent } = reportsOf();
    reports.start();
    trace.publish({ type: "process left", node: "two", label: "host:2", reason: "silent" });
    expect(sent).toEqual([["process left"]]);
  });

  it("tells a thousand events in an interval, and always where clients are", () => {
    const { trace, reports, sent } = reportsOf();
    reports.start();
    for (let count = 0; count < 1500; count += 1) trace.publish(received("/"));
    expect(sent).toHaveLength(1000);
    trace.publish({ type: "room joined", sid: "ada", namespace: "/", room: "hall" });
    expect(sent).toHaveLength(1001);
    reports.onTick();
    trace.publish(received("/"));
    expect(sent).toHaveLength(1002);
  });
});
