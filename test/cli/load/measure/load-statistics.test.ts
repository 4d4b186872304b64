import { expect, it } from "vitest";
import { LoadMarks } from "../../../../src/cli/load/measure/load-mark.ts";
import { LoadStatistics } from "../../../../src/cli/load/measure/load-statistics.ts";

it("follows marked events from each sender to each client", () => {
  const statistics = new LoadStatistics();
  const marks = new LoadMarks("abc");
  for (const [client, sender, number, took] of [
    [1, 1, 1, 5],
    [2, 1, 1, 7],
    [2, 1, 1, 7],
    [1, 1, 3, 5],
    [1, 1, 2, 9],
  ] as const) {
    expect(marks.find(marks.write(sender, number, 1000))).toBe(true);
    statistics.marked(client, marks, 1000 + took);
  }
  expect(statistics.counts).toMatchObject({ doubles: 1, disorder: 1, untracked: 0 });
  expect(statistics.ledger.gaps).toBe(0);
  expect([statistics.lag.whole.count, statistics.lag.whole.max]).toEqual([5, 9]);
});

it("gives rates and times of each second", () => {
  const statistics = new LoadStatistics();
  statistics.counts.sent = 10;
  statistics.counts.present = 3;
  statistics.answers.add(4);
  statistics.failures.add("no");
  const own = { cpu: 0.5, delay: 1 };
  expect(statistics.sample(2000, own)).toMatchObject({
    ...{ time: 2, clients: 3, sent: 5, failed: 1, lagP50: null, cpu: 0.5, delay: 1 },
  });
  statistics.counts.sent = 30;
  const second = statistics.sample(3000, own);
  expect(second).toMatchObject({ time: 3, sent: 20, failed: 0, answerP99: null });
  expect(statistics.samples).toHaveLength(2);
  expect(statistics.answers.whole.count).toBe(1);
});

it("keeps times by name", () => {
  const statistics = new LoadStatistics();
  statistics.timesOf("checkout").add(5);
  statistics.timesOf("checkout").add(7);
  expect(statistics.times.get("checkout")?.count).toBe(2);
});
