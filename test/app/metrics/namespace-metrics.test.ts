import { expect, it } from "vitest";
import { NamespaceMetrics } from "../../../src/app/metrics/namespace-metrics.ts";
import { Samples } from "../../../src/observe/metrics/samples.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  const metrics = new NamespaceMetrics("/chat", (event) => event === "say", clock);
  const read = (name: string) => {
    const samples = new Samples();
    metrics.collect(samples);
    return samples.metrics().find((metric) => metric.name === name)?.samples ?? [];
  };
  return { clock, metrics, read };
}

it("counts events that are not declared under one label", () => {
  const { metrics, read } = setUp();
  for (const event of ["say", "made", "up", "say"]) metrics.onEvent(event);
  expect(read("roomcast_events_received_total")).toEqual([
    { labels: { namespace: "/chat", event: "_OTHER" }, value: 2 },
    { labels: { namespace: "/chat", event: "say" }, value: 2 },
  ]);
});

it("counts an event under its name once the program has said that it handles it, that one included", () => {
  const { metrics, read } = setUp();
  for (const event of ["made", "up", "heard"]) metrics.onEvent(event);
  metrics.declare("heard");
  metrics.onEvent("heard");
  metrics.declare("later");
  for (const event of ["up", "later", "later"]) metrics.onEvent(event);
  expect(read("roomcast_events_received_total")).toEqual([
    { labels: { namespace: "/chat", event: "_OTHER" }, value: 3 },
    { labels: { namespace: "/chat", event: "heard" }, value: 2 },
    { labels: { namespace: "/chat", event: "later" }, value: 2 },
  ]);
});

it("keeps to a number of such names: programs make some for a single answer", () => {
  const { metrics, read } = setUp();
  for (let index = 0; index < 1000; index += 1) {
    metrics.onEvent(`reply ${index}`);
    metrics.declare(`reply ${index}`);
  }
  const samples = read("roomcast_events_received_total");
  expect(samples).toHaveLength(201);
  expect(samples).toContainEqual({ labels: { namespace: "/chat", event: "_OTHER" }, value: 800 });
});

it("observes handlers in seconds, and counts those that failed", () => {
  const { metrics, read } = setUp();
  metrics.onHandled("say", 20, false);
  metrics.onHandled("say", 40, true);
  expect(read("roomcast_handler_duration_seconds")).toMatchObject([{ count: 2, sum: 0.06 }]);
  expect(read("roomcast_handler_errors_total")).toMatchObject([{ value: 1 }]);
});

it("observes answers, and counts requests that get none", () => {
  const { clock, metrics, read } = setUp();
  const heard: unknown[] = [];
  const listener = { onAnswer: (values: unknown) => heard.push(values), onGone: () => heard.push("gone") };
  const answered = metrics.timed(listener);
  const gone = metrics.timed(listener);
  clock.advance(200);
  answered.onAnswer([1]);
  gone.onGone();
  expect(heard).toEqual([[1], "gone"]);
  expect(read("roomcast_acknowledgements_requested_total")).toMatchObject([{ value: 2 }]);
  expect(read("roomcast_acknowledgement_duration_seconds")).toMatchObject([{ count: 1, sum: 0.2 }]);
});

it("counts how returns ended, and clients that did not return", () => {
  const { metrics, read } = setUp();
  metrics.onReturn("recovered");
  metrics.onReturn("unknown");
  metrics.onReturn("recovered");
  metrics.onLost();
  expect(read("roomcast_recovery_returns_total")).toMatchObject([
    { labels: { outcome: "recovered" }, value: 2 },
    { labels: { outcome: "unknown" }, value: 1 },
  ]);
  expect(read("roomcast_recovery_expired_total")).toMatchObject([{ value: 1 }]);
});
