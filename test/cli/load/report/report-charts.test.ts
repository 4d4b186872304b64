import { expect, it } from "vitest";
import { chartsOf, readoutsOf } from "../../../../src/cli/load/report/report-charts.ts";
import { loadFigures, loadSample } from "../../../support/load-figures.ts";

const titles = (figures = loadFigures()) => chartsOf(figures).map(({ title }) => title);

it("has a chart for each thing that was measured", () => {
  expect(titles()).toEqual([
    "Clients",
    "Events",
    "Answers",
    "Spread of durations",
    "Bytes",
    "This program: processor",
    "This program: late timers",
  ]);
  const failed = loadFigures({ samples: [loadSample(1, { failed: 2, lagP50: 1, lagP99: 2 })] });
  expect(titles(failed)).toEqual(expect.arrayContaining(["Lag", "Failures"]));
});

it("says the values of each place", () => {
  const charts = chartsOf(loadFigures());
  const readouts = (title: string) => charts.filter((chart) => chart.title === title).flatMap(readoutsOf);
  expect(readouts("Answers")).toEqual(["1 s   p50 5 ms   p99 9 ms", "2 s   p50 5 ms   p99 9 ms"]);
  expect(readouts("Spread of durations")[3]).toBe("p50   answers 50 ms");
});

it("joins seconds of long runs: rates as means, durations as the greatest", () => {
  const samples = Array.from({ length: 900 }, (_, index) =>
    loadSample(index + 1, { sent: index % 3, answerP99: index % 3, failed: index === 1 ? 1 : 0 }),
  );
  const [clients, events, answers] = chartsOf(loadFigures({ samples }));
  expect(clients?.places).toHaveLength(300);
  expect(events?.series[0]?.values.slice(0, 2)).toEqual([1, 1]);
  expect(answers?.series[1]?.values.slice(0, 2)).toEqual([2, 2]);
});
