import { expect, it } from "vitest";
import { resolveOptions } from "../../../src/base/options.ts";
import { ServerOperations } from "../../../src/base/tracing/tracing-channels.ts";
import { startTelemetry } from "../../../src/observe/opentelemetry/telemetry.ts";
import { telemetryOptions } from "../../../src/observe/opentelemetry/telemetry-options.ts";
import { takeSpans, tracerProvider } from "./recorded-spans.ts";
import { broadcastTrace, connectTrace, eventTrace } from "./traces.ts";

function start(given: object) {
  const operations = new ServerOperations();
  const options = resolveOptions(telemetryOptions, { tracerProvider, ...given }, "openTelemetry()");
  const stop = startTelemetry({ operations, known: [], read: async () => [] }, options);
  const carryOut = () => {
    const { connects, events, broadcasts } = operations;
    const all = [
      connects.begin(connectTrace()),
      events.begin(eventTrace()),
      broadcasts.begin(broadcastTrace()),
    ];
    for (const operation of all) operation.run(() => operation.settle());
    return takeSpans().map(({ name }) => name);
  };
  return { operations, stop, carryOut };
}

it("observes all operations until it is stopped", () => {
  const { operations, stop, carryOut } = start({});
  expect(carryOut()).toEqual(["/chat connect", "/chat say", "emit said"]);
  expect(operations.contexts.propagator).not.toBeNull();
  stop();
  expect(carryOut()).toEqual([]);
  const { connects, events, broadcasts, requests, contexts } = operations;
  expect([connects, events, broadcasts, requests].some(({ isActive }) => isActive)).toBe(false);
  expect(contexts.propagator).toBeNull();
});

it("makes no spans of emits where it shall not", () => {
  expect(start({ broadcasts: false, metrics: false }).carryOut()).toEqual(["/chat connect", "/chat say"]);
});
