import { expect, it } from "vitest";
import type { Connection } from "../../bench/load/connection.ts";
import { Latencies } from "../../bench/load/latencies.ts";
import { OpenLoop } from "../../bench/load/open-loop.ts";

/** A server that answers nothing for a while, and then everything at once. */
function pausingServer(count: number, pause: number) {
  const waiting: Connection[] = [];
  let written = 0;
  let isPausing = false;
  const connections = Array.from({ length: count }, () => {
    const connection = {
      position: 0,
      listener: null,
      write() {
        written += 1;
        waiting.push(connection);
        if (isPausing) return;
        isPausing = true;
        setTimeout(() => {
          isPausing = false;
          for (const each of waiting.splice(0)) each.listener?.onMessage(each, false);
        }, pause);
      },
    } as unknown as Connection;
    return connection;
  });
  return { connections, written: () => written };
}

it("charges a pause of the server to all requests that fell due in it", async () => {
  const { connections, written } = pausingServer(2, 200);
  const latencies = new Latencies(400);
  // Far more than two requests fall due in each pause: a closed loop would send two.
  await new OpenLoop(connections, new Uint8Array(), 1000).run(400, latencies);
  expect(written()).toBe(400);
  const { p50, p99 } = latencies.percentiles() ?? { p50: 0, p99: 0 };
  expect(p50).toBeGreaterThan(50);
  expect(p99).toBeGreaterThan(150);
});

it("fails when an answer comes that no request is for", async () => {
  const { connections } = pausingServer(2, 20);
  const loop = new OpenLoop(connections, new Uint8Array(), 1);
  const run = loop.run(10);
  const [first] = connections;
  if (first !== undefined) loop.onMessage(first);
  await expect(run).rejects.toThrow("an unexpected answer came");
});
