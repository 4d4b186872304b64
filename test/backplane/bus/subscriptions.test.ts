import { expect, it } from "vitest";
import { Subscriptions } from "../../../src/backplane/bus/subscriptions.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A bus that confirms when it is told to. */
class FakeBus {
  readonly subscribed = new Set<string>();
  confirm: () => void = () => {};

  subscribe(subject: string): Promise<void> {
    this.subscribed.add(subject);
    return new Promise((resolve) => {
      this.confirm = resolve;
    });
  }

  unsubscribe(subject: string): void {
    this.subscribed.delete(subject);
  }
}

function setup() {
  const bus = new FakeBus();
  const clock = new FakeClock();
  return { bus, clock, interest: new Subscriptions(bus, 5000, clock) };
}

it("has to be waited for until it is confirmed", async () => {
  const { bus, interest } = setup();
  interest.hold("a");
  const confirmed = interest.confirmed("a");
  expect(confirmed).toBeInstanceOf(Promise);
  bus.confirm();
  await confirmed;
  expect(interest.confirmed("a")).toBeNull();
  expect(interest.confirmed("b")).toBeNull();
});

it("lasts as long as the subject is in use, and a while longer", () => {
  const { bus, clock, interest } = setup();
  interest.hold("a");
  interest.hold("a");
  interest.release("a");
  clock.advance(60_000);
  expect([...bus.subscribed]).toEqual(["a"]);
  interest.release("a");
  interest.release("a");
  clock.advance(4000);
  expect([...bus.subscribed]).toEqual(["a"]);
  clock.advance(2000);
  expect([...bus.subscribed]).toEqual([]);
  expect(interest.size).toBe(0);
});

it("that is used again in time subscribes only once", () => {
  const { bus, clock, interest } = setup();
  interest.hold("a");
  interest.release("a");
  clock.advance(4000);
  bus.subscribed.delete("a");
  interest.hold("a");
  clock.advance(60_000);
  expect([...bus.subscribed]).toEqual([]);
  expect(interest.size).toBe(1);
});
