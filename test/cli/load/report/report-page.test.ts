import { expect, it } from "vitest";
import { reportPage } from "../../../../src/cli/load/report/report-page.ts";
import { latencies, loadFigures } from "../../../support/load-figures.ts";

const subject = { url: "http://a.example/<chat>", date: new Date("2026-11-30T12:00:00Z"), conditions: [] };

it("is one file that loads nothing", () => {
  const page = reportPage(loadFigures(), subject);
  expect(page).not.toMatch(/\b(?:src|href)=|@import|url\(/);
  expect(page).toContain("<title>Load test of http://a.example/&lt;chat&gt;</title>");
  expect(page).toContain("2026-11-30 12:00:00 UTC");
});

it("says which conditions failed, and that the program was too slow", () => {
  const conditions = [
    { text: "p99 > 1s", isBroken: false },
    { text: "lost > 0", isBroken: true },
  ];
  const { own } = loadFigures();
  const slow = loadFigures({ own: { ...own, cpu: 1 } });
  const page = reportPage(slow, { ...subject, conditions });
  expect(page).toContain("Failed: lost &gt; 0");
  expect(page).toContain("This program was the bottleneck");
  const passed = reportPage(loadFigures(), { ...subject, conditions: conditions.slice(0, 1) });
  expect(passed).toContain("Passed. No condition came true: p99 &gt; 1s");
});

it("shows names and reasons of others as text", () => {
  const evil = "</td><script>alert(1)</script>";
  const page = reportPage(
    loadFigures({ failures: { [evil]: 1 }, times: { [evil]: latencies(3) }, tallies: { [evil]: 3 } }),
    subject,
  );
  expect(page).not.toContain(evil);
  expect(page.match(/&lt;script&gt;alert/g)).toHaveLength(3);
});
