import { expect, it } from "vitest";
import { OwnLoad } from "../../../../src/cli/load/measure/own-load.ts";

it("sees its own processor time and delays", async () => {
  const own = new OwnLoad();
  own.start();
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
  await turn();
  const until = performance.now() + 150;
  while (performance.now() < until);
  await turn();
  const busy = own.takeInterval();
  // A busy machine gives it little.
  expect(busy.cpu).toBeGreaterThan(0);
  expect(busy.delay).toBeGreaterThan(50);
  expect(own.takeInterval().delay).toBe(0);
  const delays = own.stop();
  expect(delays.max).toBeGreaterThan(50);
  expect(delays.p50).toBeLessThanOrEqual(delays.p99);
});
