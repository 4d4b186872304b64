import { expect, it } from "vitest";
import { LinkWatch, type WatchedLink } from "../../../src/backplane/bus/link-watch.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const turn = () => new Promise(setImmediate);

/** A watch over a link, whose pings are counted. */
function setup(lifeSign?: WatchedLink["lifeSign"]) {
  const clock = new FakeClock();
  const watch = new LinkWatch("Redis", clock, 2000);
  const errors: string[] = [];
  const link = {
    lifeSign,
    pings: 0,
    answer: Promise.resolve() as Promise<unknown>,
    ping() {
      link.pings += 1;
      return link.answer;
    },
  };
  const timer = watch.watch(link, { pingInterval: 1000, pingTimeout: 2000 }, (error) =>
    errors.push(String(error)),
  );
  /** Lets time pass in steps, and promises settle between them. */
  const pass = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      clock.advance(100);
      await turn();
    }
  };
  return { clock, watch, errors, link, timer, pass };
}

it("pings until it is cancelled, and measures the answers", async () => {
  const { clock, watch, link, timer } = setup();
  let answer = () => {};
  link.ping = () => {
    link.pings += 1;
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  };
  expect(watch.latency).toBe(null);
  clock.advance(1000);
  clock.advance(30);
  answer();
  await turn();
  expect([link.pings, watch.latency]).toEqual([1, 30]);
  clock.advance(1000);
  timer.cancel();
  answer();
  await turn();
  clock.advance(5000);
  expect(link.pings).toBe(2);
});

it("ends with the first ping that fails, throws, or has no answer in time", async () => {
  const never = setup();
  never.link.answer = new Promise(() => {});
  const failing = setup();
  failing.link.ping = () => Promise.reject(new Error("gone"));
  const throwing = setup();
  throwing.link.ping = () => {
    throw new Error("closed");
  };
  for (const { pass } of [never, failing, throwing]) await pass(4000);
  expect([never.errors, failing.errors, throwing.errors]).toEqual([
    ["Error: Redis did not answer within 2000 ms."],
    ["Error: gone"],
    ["Error: closed"],
  ]);
});

it("asks nothing while answers show that the link lives, and one second after the last", async () => {
  const { watch, link, pass } = setup("answer");
  for (let step = 0; step < 20; step += 1) {
    await pass(300);
    watch.onAnswer();
  }
  expect(link.pings).toBe(0);
  await pass(900);
  expect(link.pings).toBe(0);
  await pass(100);
  expect(link.pings).toBe(1);
});

it("asks where answers come and messages do not, if these have a connection of their own", async () => {
  const { watch, link, pass } = setup("answer and message");
  for (let step = 0; step < 10; step += 1) {
    await pass(500);
    watch.onAnswer();
    watch.onMessage();
  }
  expect(link.pings).toBe(0);
  for (let step = 0; step < 10; step += 1) {
    await pass(500);
    watch.onAnswer();
  }
  expect(link.pings).toBeGreaterThanOrEqual(4);
});

it("finds a broker that falls silent within three seconds, whatever came before", async () => {
  const { watch, link, pass, errors } = setup("answer");
  await pass(700);
  watch.onAnswer();
  link.answer = new Promise(() => {});
  await pass(3000);
  expect(errors.length).toBe(1);
});

it("asks every second where only pings show anything", async () => {
  const { watch, link, pass } = setup();
  for (let step = 0; step < 10; step += 1) {
    watch.onAnswer();
    watch.onMessage();
    await pass(500);
  }
  expect(link.pings).toBe(5);
});

it("times one request after another", () => {
  const { clock, watch } = setup("answer");
  const first = watch.begin();
  expect(watch.begin()).toBe(0);
  clock.advance(20);
  watch.onAnswer(0);
  expect(watch.latency).toBe(null);
  watch.onAnswer(first);
  expect(watch.latency).toBe(20);
  const second = watch.begin();
  watch.onFailure(second);
  expect(watch.begin()).not.toBe(0);
  expect(watch.latency).toBe(20);
});
