import { expect, it } from "vitest";
import { Pacer } from "../../../src/cli/load/pacer.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function start(rate: number, duration: number, most = Number.POSITIVE_INFINITY) {
  const clock = new FakeClock();
  const began = clock.now();
  const dues: number[] = [];
  const pacer = new Pacer({
    ...{ clock, rate, duration },
    send: (due) => dues.push(due - began) < most,
  });
  let isOver = false;
  const running = pacer.run().then(() => {
    isOver = true;
  });
  return { clock, dues, pacer, running, isOver: () => isOver };
}

it("sends at an even rate until the time is over", async () => {
  const { clock, dues, running, isOver } = start(10, 500);
  for (let time = 0; time < 499; time++) clock.advance(1);
  expect(dues).toEqual([0, 100, 200, 300, 400]);
  await Promise.resolve();
  expect(isOver()).toBe(false);
  clock.advance(1);
  await running;
  expect(dues).toHaveLength(5);
});

it("after a stall sends all that are due, with their times", async () => {
  const { clock, dues, running } = start(1000, 100);
  clock.advance(1);
  const before = dues.length;
  // A busy processor does not let timers run in between.
  clock.stall(60);
  clock.fireTimers();
  expect(dues).toHaveLength(62);
  expect(dues[before]).toBe(before);
  clock.advance(100);
  await running;
  expect(dues).toHaveLength(100);
});

it("ends when nothing can be sent, and when it is stopped", async () => {
  const refused = start(10, 1000, 2);
  refused.clock.advance(1000);
  await refused.running;
  expect(refused.dues).toHaveLength(2);
  const stopped = start(10, 1000);
  stopped.pacer.stop();
  await stopped.running;
  stopped.clock.advance(1000);
  expect(stopped.dues).toHaveLength(1);
});
