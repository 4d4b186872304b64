import { AsyncLocalStorage } from "node:async_hooks";
import { expect, it } from "vitest";
import { ObservedEvent } from "../../../src/app/handlers/observed-event.ts";
import { type OperationOutcome, TracedOperations } from "../../../src/base/tracing/traced-operations.ts";

interface Outcome extends OperationOutcome {
  refusal?: string;
}

const store = new AsyncLocalStorage<string>();

/** An observed event, and the outcomes that its observer is told. */
function observed() {
  const operations = new TracedOperations<Outcome>("test.observed");
  const ends: Outcome[] = [];
  operations.observe({
    run: (_context, work) => store.run("span", work),
    end: (context) => ends.push({ ...context }),
  });
  return { event: new ObservedEvent("say", ["hello"], operations.begin({})), ends };
}

it("an observed event looks like any other event", () => {
  const { event } = observed();
  expect({ ...event }).toEqual({ name: "say", args: ["hello"] });
  expect(JSON.stringify(event)).toBe('{"name":"say","args":["hello"]}');
});

it("tells the result, the first error, or the refusal", () => {
  const [done, failed, refused] = [observed(), observed(), observed()];
  done.event.run(() => done.event.settle(5));
  failed.event.run(() => {
    failed.event.fail("first");
    failed.event.fail("second");
    failed.event.settle(5);
  });
  refused.event.run(() => {
    refused.event.refuse("not today");
    refused.event.settle(false);
  });
  expect([done.ends, failed.ends, refused.ends]).toEqual([
    [{ result: 5 }],
    [{ error: "first" }],
    [{ refusal: "not today", result: undefined }],
  ]);
});

it("runs its handler within its observers", () => {
  const { event } = observed();
  expect([event.isSurrounded, event.run(() => store.getStore()), store.getStore()]).toEqual([
    true,
    "span",
    undefined,
  ]);
});
