import { describe, expect, it, onTestFinished } from "vitest";
import { runBalanced, type Servers } from "../balancer/balancer-run.ts";
import { Broker, isSkipped } from "../support/brokers.ts";

const clients = 60;
const seconds = 5;

/** `npm run balancer` is the same with 1 000 clients for a minute. */
describe.skipIf(process.env.ROOMCAST_SKIP_NGINX === "1")("a load balancer without sticky sessions", () => {
  it("sends polling and upgrading clients to workers without a failed request", async () => {
    await serves({ workers: 4 });
  });

  it.skipIf(isSkipped("redis"))("sends them to processes on Redis without one, too", async () => {
    const broker = await Broker.redis();
    onTestFinished(() => broker.kill());
    await serves({ processes: 4, queue: broker.url });
  });
});

async function serves(servers: Servers): Promise<void> {
  const { ledger, tally, faults } = await runBalanced(servers, clients, seconds);
  expect(faults).toEqual([]);
  // The test is valid only if requests came, and more than one process answered them.
  expect(Object.keys(ledger.processes).length).toBeGreaterThan(2);
  expect(ledger.transports).toEqual({ polling: clients / 2, websocket: clients / 2 });
  expect(ledger.answered).toBeGreaterThan(clients * 2);
  expect(ledger.heard).toBeGreaterThanOrEqual(clients * 10);
  expect(tally.statuses["200"]).toBeGreaterThan(clients * 5);
}
