import { describe, expect, it } from "vitest";
import { catalogue, definitionOf, type MetricName } from "../../../src/observe/metrics/catalogue.ts";

const names = Object.keys(catalogue) as MetricName[];

describe("the catalogue of metrics", () => {
  it.each(names)("names %s by the conventions of Prometheus", (name) => {
    const { type, unit, help, labels, bounds } = definitionOf(name);
    expect(name).toMatch(/^roomcast_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    if (unit !== null) expect(name.replace(/_total$/, "")).toMatch(new RegExp(`_${unit}$`));
    expect(help).toMatch(/^[A-Z].*\.$/);
    for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
    expect(bounds.length > 0).toBe(type === "histogram");
    expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
  });
});
