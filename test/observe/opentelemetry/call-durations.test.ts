import { expect, it } from "vitest";
import { CallDurations } from "../../../src/observe/opentelemetry/call-durations.ts";
import { recordedMetrics } from "./recorded-spans.ts";
import { connectTrace, eventTrace } from "./traces.ts";

it("calls are observed in seconds, by their method and outcome", async () => {
  const { meterProvider, read } = recordedMetrics();
  const durations = new CallDurations(meterProvider.getMeter("test"));
  durations.end(eventTrace({ result: 5 }), 30);
  durations.end(eventTrace({ result: 6 }), 2000);
  durations.end(eventTrace({ error: new TypeError("broken") }), 1);
  durations.end(connectTrace(), 1);
  const metric = (await read()).get("rpc.server.call.duration");
  expect(metric?.descriptor).toMatchObject({ unit: "s" });
  const method = { "rpc.system.name": "socketio", "rpc.method": "/chat say" };
  expect(metric?.dataPoints.map(({ attributes, value }) => [attributes, value])).toMatchObject([
    [
      { ...method, "rpc.status_code": "OK" },
      { count: 2, sum: 2.03 },
    ],
    [{ ...method, "error.type": "TypeError" }, { count: 1 }],
    [{ "rpc.method": "/chat connect" }, { count: 1 }],
  ]);
  expect(metric?.dataPoints[0]?.value).toMatchObject({
    buckets: { boundaries: expect.arrayContaining([0.005, 7.5]) },
  });
});
