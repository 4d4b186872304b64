import { expect, it } from "vitest";
import { judge } from "../../bench/import/import-targets.ts";

const bounds = { time: 0.7, memory: 1, tarball: 350 };
const taking = (milliseconds: number, heap: number) => ({ milliseconds, heap, rss: 40e6 });

it("compares the medians of both packages with the targets", () => {
  const ours = [taking(60, 5e6), taking(900, 5e6), taking(50, 5e6)];
  const theirs = [taking(100, 4e6), taking(90, 4e6), taking(110, 4e6)];
  const verdicts = judge({ ours, theirs, tarball: 350_001 }, bounds);
  expect(verdicts.map(({ name, value, isMet }) => [name, value, isMet])).toEqual([
    ["import, time", "0.60", true],
    ["import, heap", "1.25", false],
    ["import, process", "1.00", true],
    ["tarball", "350 kB", false],
  ]);
});
