import { expect, it } from "vitest";
import { cutText, layOutGrid, textWidth } from "../../../src/cli/output/text-grid.ts";

const columns = [
  { title: "event", isNumber: false },
  { title: "rate", isNumber: true },
  { title: "runtime", isNumber: false },
];

it("aligns texts at the left and numbers at the right", () => {
  const { titles, lines } = layOutGrid(
    columns,
    [
      ["say", "1,000/s", "a"],
      ["typing", "5/s", "b"],
    ],
    80,
  );
  expect([titles, ...lines]).toEqual([
    "event      rate  runtime",
    "say     1,000/s  a      ",
    "typing      5/s  b      ",
  ]);
});

it("cuts the widest text, then leaves columns out, so that no line is wider than the terminal", () => {
  const rows = [["a very long name of an event", "1,000/s", "Node.js 24.1.0"]];
  expect(layOutGrid(columns, rows, 40).lines).toEqual(["a very long na…  1,000/s  Node.js 24.1.0"]);
  for (let width = 5; width < 60; width++) {
    const { titles, lines } = layOutGrid(columns, rows, width);
    for (const line of [titles, ...lines]) expect(textWidth(line)).toBeLessThanOrEqual(width);
  }
});

it("counts characters as a terminal shows them", () => {
  expect(textWidth("茶の部屋")).toBe(8);
  expect(textWidth("e\u0301")).toBe(1);
  expect(textWidth("🍵")).toBe(2);
  expect(cutText("茶の部屋", 5)).toBe("茶の…");
});

it("paints cells after they have their width", () => {
  const { lines } = layOutGrid([{ title: "n", isNumber: true, paint: (text) => `<${text}>` }], [["5"]], 10);
  expect(lines).toEqual(["<5>"]);
});
