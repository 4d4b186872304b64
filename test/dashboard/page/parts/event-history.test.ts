import { expect, it } from "vitest";
import { EventHistory } from "../../../../src/dashboard/page/parts/event-history.ts";

const state = (handled: number, errors: number, fast: number) => ({
  ...{ namespace: "/", event: "say", handled, errors },
  handlers: { count: handled, sum: 1, bounds: [0.001, 0.1], counts: [fast, handled] },
});

it("has rates from the second reading on", () => {
  const history = new EventHistory();
  expect(history.add([state(100, 0, 100)], 1000)).toMatchObject([{ rate: null, errorRate: null }]);
  expect(history.add([state(120, 4, 100)], 3000)).toMatchObject([{ rate: 10, errorRate: 2 }]);
});

it("has the times of what came since the reading before, or of all where nothing came", () => {
  const history = new EventHistory();
  history.add([state(100, 0, 100)], 0);
  const [lately] = history.add([state(120, 0, 100)], 1000);
  expect(lately?.p50).toBeGreaterThan(0.001);
  const [later] = history.add([state(120, 0, 100)], 2000);
  expect(later?.p50).toBeLessThanOrEqual(0.001);
});
