import { expect, it } from "vitest";
import { MeteredEvent } from "../../../src/app/handlers/metered-event.ts";
import { ObservedEvent } from "../../../src/app/handlers/observed-event.ts";
import { NamespaceMetrics } from "../../../src/app/metrics/namespace-metrics.ts";
import { type OperationOutcome, TracedOperations } from "../../../src/base/tracing/traced-operations.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A meter that notes what it hears. */
class Meter extends NamespaceMetrics {
  readonly handled: [event: string, hasFailed: boolean][] = [];

  constructor() {
    super("/", () => true, new FakeClock());
  }

  override onHandled(event: string, milliseconds: number, hasFailed: boolean): void {
    expect(milliseconds).toBeGreaterThanOrEqual(0);
    this.handled.push([event, hasFailed]);
  }
}

it("tells the meter how long the handler took, and whether it failed", () => {
  const meter = new Meter();
  const done = new MeteredEvent("say", ["hello"], meter);
  const failed = new MeteredEvent("fail", [], meter);
  expect({ ...done }).toEqual({ name: "say", args: ["hello"] });
  done.begin();
  expect(done.isSurrounded).toBe(false);
  expect(done.run(() => 5)).toBe(5);
  done.settle(5);
  failed.begin();
  failed.run(() => failed.fail(new Error("no")));
  failed.settle(undefined);
  expect(meter.handled).toEqual([
    ["say", false],
    ["fail", true],
  ]);
});

it("passes everything on to the event of the traces", () => {
  const operations = new TracedOperations<OperationOutcome & { refusal?: string }>("test.metered");
  const ends: OperationOutcome[] = [];
  operations.observe({ end: (context) => ends.push({ ...context }) });
  const meter = new Meter();
  const event = () => new MeteredEvent("say", [], meter, new ObservedEvent("say", [], operations.begin({})));
  const [done, failed, refused] = [event(), event(), event()];
  for (const one of [done, failed, refused]) {
    one.begin();
    expect(one.isSurrounded).toBe(true);
  }
  done.run(() => done.settle(5));
  failed.run(() => {
    failed.fail("broken");
    failed.settle(undefined);
  });
  refused.run(() => {
    refused.refuse("not today");
    refused.settle(false);
  });
  expect(ends).toEqual([{ result: 5 }, { error: "broken" }, { refusal: "not today", result: undefined }]);
  expect(meter.handled).toHaveLength(3);
});
