import { expect, it } from "vitest";
import type { ProcessState } from "../../../../src/dashboard/api.ts";
import { healthOf } from "../../../../src/dashboard/page/parts/health.ts";

const rates = { eventsIn: null, eventsOut: null, cpu: null, loop: 0.002 };

it.each([
  [{ ready: true, queue: null }, 0.002, "ready"],
  [{ ready: true, queue: null }, 0.2, "busy"],
  [{ ready: false, queue: null }, 0.2, "takes no clients"],
  [{ ready: true, queue: { state: "down" } }, 0.002, "message queue down"],
])("names the worst first: %j, a loop delay of %d s", (state, loop, words) => {
  expect(healthOf({ state: state as ProcessState, rates: { ...rates, loop } }).words).toBe(words);
});
