import { expect, it } from "vitest";
import { neighbourOrder, readOrder, topTable, usualOrder } from "../../../src/cli/top/top-table.ts";
import { colors, sampleReading } from "./sample-reading.ts";

it("sorts numbers with the largest first, and names by the alphabet", () => {
  expect(readOrder("events", "p99")).toEqual({ column: "p99", descending: true });
  expect(readOrder("events", "-p99")).toEqual({ column: "p99", descending: false });
  expect(readOrder("servers", "server")).toEqual({ column: "server", descending: false });
  const order = readOrder("events", "p99");
  const { rows, columns } = topTable("events", sampleReading(), { order, colors });
  expect(rows.map(([event]) => event)).toEqual(["event 0", "event 1", "event 2"]);
  expect(columns.map(({ title }) => title)).toContain("p99↓");
});

it("names the column that was meant", () => {
  expect(() => readOrder("events", "rat")).toThrow(
    '--sort: the table events has no column "rat". Did you mean rate?',
  );
  expect(() => readOrder("events", "colour")).toThrow("Columns: event, namespace, rate, p50");
});

it("goes from column to column, and around", () => {
  const first = usualOrder("events");
  expect(neighbourOrder("events", first, 1)).toEqual({ column: "p50", descending: true });
  expect(neighbourOrder("events", { column: "event", descending: false }, -1).column).toBe("failed");
});

it("shows no control characters that a client has sent", () => {
  const reading = sampleReading(1);
  const events = reading.events.map((row) => ({ ...row, state: { ...row.state, event: "a\x1b[2J\nb" } }));
  const { rows } = topTable("events", { ...reading, events }, { order: usualOrder("events"), colors });
  expect(rows[0]?.[0]).toBe("a\\u001b[2J\\u000ab");
});
