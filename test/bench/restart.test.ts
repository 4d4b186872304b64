import { describe, expect, it } from "vitest";
import type { Attempt } from "../../bench/restart/restart-messages.ts";
import { runRestart } from "../../bench/restart/restart-run.ts";
import { summariseRestart } from "../../bench/restart/restart-summary.ts";

describe("a restart of a server", () => {
  it("brings all clients back, each one after the waits that it drew", { timeout: 120_000 }, async () => {
    const record = await runRestart({ clients: 100, down: 1_000 });
    const { rows, early, overlapping } = summariseRestart(record);
    expect({ early, overlapping }).toEqual({ early: 0, overlapping: 0 });
    expect(rows[0]).toMatchObject({ number: 1, count: 100, bound: 1_000 });
    for (const list of record.attempts) expect(list.length).toBeGreaterThan(0);
    // Six standard deviations: what chance does once in 100 million runs.
    expect(rows[0]?.deviation).toBeLessThan(6);
    const times = record.attempts.map(([first]) => (first?.at ?? 0) - record.stoppedAt).sort((a, b) => a - b);
    // They do not come at once, however late a busy machine has them.
    expect((times[89] ?? 0) - (times[9] ?? 0)).toBeGreaterThan(200);
  });
});

describe("the summary of a restart", () => {
  const attempt = (client: number, part: Partial<Attempt>): Attempt => ({
    client,
    at: 0,
    wait: 500,
    waited: 500,
    others: 0,
    ...part,
  });
  const record = { stoppedAt: 1_000, arrivals: [1_010, 1_150, 1_199, 1_200], backAfter: 0 };

  it("has the attempts by their number, with their bounds", () => {
    const attempts = Array.from({ length: 20 }, (_, client) => [
      attempt(client, { wait: client * 50 }),
      ...(client === 0 ? [attempt(client, { wait: 1_999 })] : []),
    ]);
    const { rows, busiest } = summariseRestart({ ...record, attempts });
    expect(rows).toMatchObject([
      { number: 1, count: 20, bound: 1_000, mean: 475, tenths: Array(10).fill(2), deviation: 0 },
      { number: 2, count: 1, bound: 2_000, tenths: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    ]);
    expect(busiest).toEqual({ count: 2, after: 100 });
  });

  it("finds attempts that come too early, or while another one is under way", () => {
    const attempts = [
      [attempt(0, { waited: 400 }), attempt(0, { waited: 499 }), attempt(0, { others: 1 })],
      [attempt(1, { wait: null, waited: null })],
    ];
    expect(summariseRestart({ ...record, attempts })).toMatchObject({ early: 1, overlapping: 1 });
  });
});
