import { expect, it } from "vitest";
import { EventRates } from "../../../src/cli/output/event-rates.ts";

it("counts events by name until it is asked", () => {
  const rates = new EventRates();
  rates.add("typing", 10);
  rates.add("said", 600);
  rates.add("said", 600);
  expect(rates.takeLine()).toBe("3 events, 1.2 kB: said 2, typing 1");
  expect(rates.takeLine()).toBe("no events");
});

it("keeps a bounded number of names", () => {
  const rates = new EventRates();
  for (let index = 0; index < 1500; index++) rates.add(`event-${index}`, 1);
  const { events, byEvent } = rates.take();
  expect([events, Object.keys(byEvent).length]).toEqual([1500, 1000]);
});
