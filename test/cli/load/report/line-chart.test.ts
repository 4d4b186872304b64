import { expect, it } from "vitest";
import { drawChart } from "../../../../src/cli/load/report/line-chart.ts";

const chart = {
  title: "Lag <b>",
  unit: "ms",
  places: [1, 2, 3, 4, 5],
  marks: [{ place: 5, text: "5 s" }],
};

it("draws lines with gaps, and values that stand alone as points", () => {
  const svg = drawChart({ ...chart, series: [{ name: "p99", colour: 2, values: [1, 2, null, 4, null] }] });
  const [, path = ""] = /<path class="line c2" d="([^"]*)"/.exec(svg) ?? [];
  expect(path.match(/[ML]/g)).toEqual(["M", "L", "M"]);
  expect(svg.match(/<circle/g)).toHaveLength(1);
  expect(svg).not.toContain("NaN");
});

it("says in words what it shows", () => {
  const svg = drawChart({ ...chart, series: [{ name: "p99", colour: 1, values: [1, 2, null, 4, 3] }] });
  expect(svg).toContain('aria-label="Lag &lt;b&gt;, in ms. p99: at most 4 ms."');
  const empty = drawChart({ ...chart, series: [{ name: "p99", colour: 1, values: [null] }], places: [1] });
  expect(empty).toContain("p99: no values.");
  expect(empty).not.toContain("NaN");
});
