import { expect, it } from "vitest";
import { judge, timeTarget } from "../../bench/import/import-targets.ts";

const bounds = { memory: 1, tarball: 350 };
const taking = (milliseconds: number, heap: number) => ({
  milliseconds,
  processor: milliseconds / 2,
  heap,
  rss: 40e6,
});

it("compares the medians of both packages with the targets", () => {
  const ours = [taking(45, 5e6), taking(900, 5e6), taking(40, 5e6)];
  const theirs = [taking(100, 4e6), taking(90, 4e6), taking(110, 4e6)];
  const nodes = [{ version: "20.19.0", ours, theirs }];
  const verdicts = judge({ nodes, tarball: 350_001 }, bounds);
  expect(verdicts.map(({ name, value, isMet }) => [name, value, isMet])).toEqual([
    ["Node 20, time", "0.45", true],
    ["Node 20, processor time", "0.45", true],
    ["Node 20, heap", "1.25", false],
    ["Node 20, process", "1.00", true],
    ["tarball", "350 kB", false],
  ]);
});

it("judges each version of Node by a bound of its own", () => {
  const runs = [taking(60, 5e6)];
  const nodes = [
    { version: "20.19.0", ours: runs, theirs: [taking(100, 5e6)] },
    { version: "24.1.0", ours: runs, theirs: [taking(100, 5e6)] },
  ];
  const verdicts = judge({ nodes, tarball: 1 }, bounds).filter(({ name }) => name.endsWith(", time"));
  expect(verdicts.map(({ isMet }) => isMet)).toEqual([false, true]);
});

it("has a bound for every supported version of Node", () => {
  const bounds = ["20.19.0", "22.0.0", "24.1.0", "26.0.0"].map(timeTarget);
  expect(bounds.every((bound) => bound > 0)).toBe(true);
});
