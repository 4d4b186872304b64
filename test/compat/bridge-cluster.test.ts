/**
 * Programs of two servers with `@socket.io/redis-adapter`: on stock servers, on the bridge, and on one server
 * of each.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { recordedServer } from "./api/touch-recorder.ts";
import { Touches } from "./api/touches.ts";
import { cluster, runPair } from "./programs/cluster.ts";
import { bridgeServer } from "./programs/stage.ts";

describe.skipIf(isSkipped("redis"))("Programs of two socket.io servers on Redis", () => {
  let broker: Broker;
  const touched = new Touches();

  beforeAll(async () => {
    broker = await Broker.redis();
  });
  afterAll(() => broker.kill());

  it.each(Object.entries(cluster))(
    "see and send the same on the bridge, and with one server of each: %s",
    async (what, program) => {
      const stockServer = recordedServer(touched.of(what));
      const stock = await runPair(program, [stockServer, stockServer], broker.url);
      expect(Object.values(stock).flatMap(Object.values).flat().length).toBeGreaterThan(1);
      expect(await runPair(program, [bridgeServer, bridgeServer], broker.url)).toEqual(stock);
      expect(await runPair(program, [bridgeServer, stockServer], broker.url)).toEqual(stock);
      expect(await runPair(program, [stockServer, bridgeServer], broker.url)).toEqual(stock);
    },
  );

  it("use the names of socket.io's API that the list says they show", () => {
    expect(touched.contradictions()).toEqual([]);
  });
});
