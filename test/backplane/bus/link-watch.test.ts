import { expect, it } from "vitest";
import { LinkWatch } from "../../../src/backplane/bus/link-watch.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const turn = () => new Promise(setImmediate);

it("pings until it is cancelled, and measures the answers", async () => {
  const clock = new FakeClock();
  const watch = new LinkWatch("Redis", clock, 2000);
  let pings = 0;
  let answer = () => {};
  const ping = () => {
    pings += 1;
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  };
  const timer = watch.watch(ping, 1000, () => {});
  expect(watch.latency).toBe(null);
  clock.advance(1000);
  clock.advance(30);
  answer();
  await turn();
  expect([pings, watch.latency]).toEqual([1, 30]);
  clock.advance(1000);
  timer.cancel();
  answer();
  await turn();
  clock.advance(5000);
  expect(pings).toBe(2);
});

it("ends with the first ping that fails or has no answer in time", async () => {
  const clock = new FakeClock();
  const watch = new LinkWatch("Redis", clock, 2000);
  const errors: string[] = [];
  watch.watch(
    () => Promise.reject(new Error("gone")),
    1000,
    (error) => errors.push(String(error)),
  );
  watch.watch(
    () => new Promise(() => {}),
    1000,
    (error) => errors.push(String(error)),
  );
  for (let tenth = 0; tenth < 40; tenth += 1) {
    clock.advance(100);
    await turn();
  }
  expect(errors).toEqual(["Error: gone", "Error: Redis did not answer within 2000 ms."]);
});
