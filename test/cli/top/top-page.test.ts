import { describe, expect, it } from "vitest";
import { textWidth } from "../../../src/cli/output/text-grid.ts";
import { shareRows, type TopChoice, topScreen, topText } from "../../../src/cli/top/top-page.ts";
import { usualOrder } from "../../../src/cli/top/top-table.ts";
import { colors, sampleReading } from "./sample-reading.ts";

const surroundings = { url: "http://localhost:5000/roomcast", user: "ops", colors, fault: null };
const choice: TopChoice = {
  view: "all",
  orders: {
    servers: usualOrder("servers"),
    namespaces: usualOrder("namespaces"),
    events: usualOrder("events"),
    clients: usualOrder("clients"),
  },
  offset: 0,
  isPaused: false,
};

describe("a screen", () => {
  it("is as large as the terminal, whatever its size", () => {
    for (const rows of [1, 3, 8, 24, 60])
      for (const columns of [20, 80, 200]) {
        const lines = topScreen(sampleReading(40, 30), choice, { surroundings, size: { columns, rows } });
        expect(lines).toHaveLength(rows);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      }
  });

  it("shows all tables, and counts the rows left out", () => {
    const lines = topScreen(sampleReading(40, 1), choice, { surroundings, size: { columns: 100, rows: 24 } });
    expect(lines[0]).toBe("http://localhost:5000/roomcast  as ops  14:03:27");
    const text = lines.join("\n");
    expect(text).toMatch(/web-1:17 +ready +1,204 +12\/s +1,200\/s +8 % +400 µs +81 MB +2 h 1 min/);
    expect(text).toMatch(/event 39 .*\n/);
    expect(text).toMatch(/… \d+ more/);
    expect(text).toContain("sid~0");
    expect(lines.at(-1)).toMatch(/^q quit {2}0 all {2}1 servers /);
  });

  it("scrolls one table as far as its last row", () => {
    const size = { columns: 100, rows: 12 };
    const one: TopChoice = { ...choice, view: "events", offset: 35 };
    const lines = topScreen(sampleReading(40), one, { surroundings, size });
    expect(lines.join("\n")).toContain("event 0 ");
    expect(lines.join("\n")).not.toContain("more");
    expect(lines).toHaveLength(12);
  });

  it("says that it waits, is paused, or why there is nothing newer", () => {
    const size = { columns: 100, rows: 12 };
    const fault = "Nothing listens there. Trying again.";
    const lines = topScreen(
      sampleReading(),
      { ...choice, isPaused: true },
      { surroundings: { ...surroundings, fault }, size },
    );
    expect(lines[0]).toMatch(/paused$/);
    expect(lines).toContain(fault);
    expect(topScreen(null, choice, { surroundings, size })).toHaveLength(12);
  });

  it("names processes that did not answer", () => {
    const reading = { ...sampleReading(), missing: ["web-2:9"] };
    const lines = topScreen(reading, choice, { surroundings, size: { columns: 80, rows: 20 } });
    expect(lines).toContain("no answer from web-2:9");
  });
});

it("prints tables with a few rows through a pipe", () => {
  const lines = topText(sampleReading(9), choice, { surroundings, size: { columns: 200, rows: 3 } });
  expect(lines).toContain("… 7 more");
  expect(lines).toContain("slow clients: every client keeps up");
  const one = topText(
    sampleReading(2),
    { ...choice, view: "events" },
    { surroundings, size: { columns: 200, rows: 3 } },
  );
  expect(one).toHaveLength(6);
});

it("divides rows among tables by what they need", () => {
  expect(shareRows([1, 2, 100], 20)).toEqual([1, 2, 17]);
  expect(shareRows([50, 50], 5)).toEqual([3, 2]);
  expect(shareRows([1, 1], 0)).toEqual([0, 0]);
});
