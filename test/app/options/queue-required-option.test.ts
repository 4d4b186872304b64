import { expect, it } from "vitest";
import { settleQueueRequired } from "../../../src/app/options/queue-required-option.ts";

it("waits ten seconds unless it says otherwise", () => {
  expect([false, true, { timeout: 500 }].map(settleQueueRequired)).toEqual([
    null,
    { timeout: 10_000 },
    { timeout: 500 },
  ]);
});
