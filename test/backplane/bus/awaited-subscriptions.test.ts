import { expect, it } from "vitest";
import { AwaitedSubscriptions } from "../../../src/backplane/bus/awaited-subscriptions.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Subscriptions on a bus that confirms when it is told to. */
function setup() {
  const confirm = new Map<string, () => void>();
  const bus = {
    subscribe: (subject: string) => new Promise<void>((resolve) => confirm.set(subject, resolve)),
    unsubscribe() {},
  };
  const times = { answerTimeout: 1000, linger: 5000 };
  return { confirm, subscriptions: new AwaitedSubscriptions(bus, times, new FakeClock()) };
}

it("make callers wait until the bus confirms a subject", async () => {
  const { confirm, subscriptions } = setup();
  expect(subscriptions.confirmed("news")).toBeNull();
  subscriptions.hold("news");
  const wait = subscriptions.confirmed("news");
  confirm.get("news")?.();
  await wait;
  expect(subscriptions.confirmed("news")).toBeNull();
});

it("make callers wait for the last of several subjects", async () => {
  const { confirm, subscriptions } = setup();
  subscriptions.hold("one");
  subscriptions.hold("two");
  let isDone = false;
  const wait = subscriptions.allConfirmed(["one", "two", "unknown"])?.then(() => {
    isDone = true;
  });
  confirm.get("one")?.();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  expect(isDone).toBe(false);
  confirm.get("two")?.();
  await wait;
  expect(subscriptions.allConfirmed(["one", "two"])).toBeNull();
});

it("end all waits while the bus is down, and let callers wait again afterwards", async () => {
  const { subscriptions } = setup();
  subscriptions.hold("news");
  const wait = subscriptions.confirmed("news");
  subscriptions.pause();
  await wait;
  expect(subscriptions.confirmed("news")).toBeNull();
  subscriptions.resume();
  expect(subscriptions.confirmed("news")).toBeInstanceOf(Promise);
  subscriptions.close();
});
