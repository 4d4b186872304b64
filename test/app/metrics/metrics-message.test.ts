import { expect, it } from "vitest";
import { hearMetrics, type MetricsMessage, sendMetrics } from "../../../src/app/metrics/metrics-message.ts";
import { peerPair } from "./peer-pair.ts";

it("passes messages on, and leaves those of others alone", async () => {
  const { worker, primary } = peerPair();
  const heard: MetricsMessage[] = [];
  const stop = hearMetrics(primary, (message) => heard.push(message));
  await sendMetrics(worker, { type: "read", id: 1 });
  worker.send({ roomcast: "of the bus" });
  worker.send(null);
  await Promise.resolve();
  stop();
  await sendMetrics(worker, { type: "read", id: 2 });
  expect(heard).toEqual([{ type: "read", id: 1 }]);
});

it("sends nothing to a process that is gone", async () => {
  const { worker, cut } = peerPair();
  cut();
  await sendMetrics(worker, { type: "read", id: 1 });
  expect(worker.sent).toEqual([]);
});
