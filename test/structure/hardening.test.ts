import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { appOptions } from "../../src/app/options/app-options.ts";
import { closeCodes } from "../../src/engine/close-reason.ts";
import { Counters } from "../../src/engine/counters.ts";
import { httpErrors } from "../../src/engine/request/http-error.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/hardening.md", import.meta.url)), "utf8");
const [, limits = ""] = page.split("\n## Limits\n");
const rows = limits
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );

/** The options that set limits: those that accept "no limit", and these. */
const others = [
  "connectTimeout",
  "pingTimeout",
  "upgradeTimeout",
  "maxHttpBufferSize",
  "maxOutgoingBytes",
  "maxWaitingBytes",
  "maxNamespaceEventsPerSecond",
];

describe("docs/hardening.md", () => {
  it("lists every limit with its default", () => {
    const expected = Object.entries(appOptions)
      .filter(([name, { accepts }]) => accepts(Number.POSITIVE_INFINITY) || others.includes(name))
      .map(([name, { default: fallback }]) => [
        name,
        fallback === Number.POSITIVE_INFINITY ? "Infinity" : JSON.stringify(fallback),
      ]);
    const listed = rows.map(([name = "", fallback = ""]) => [name.slice(1, -1), fallback.slice(1, -1)]);
    expect(listed.toSorted()).toEqual(expected.toSorted());
  });

  it("names only counters, reasons and statuses that exist", () => {
    const counters = new Counters();
    const known = new Set([
      ...Object.keys(counters),
      ...Object.keys(counters.closed).map((reason) => `closed["${reason}"]`),
      ...Object.keys(counters.refused).map((name) => `refused.${name}`),
    ]);
    for (const [, , , beyond = "", counter = ""] of rows) {
      for (const [, name = ""] of counter.matchAll(/`([^`]+)`/g)) expect([...known]).toContain(name);
      for (const [, reason = ""] of beyond.matchAll(/closed: `([^`]+)`/g)) {
        expect(Object.keys(closeCodes)).toContain(reason);
        expect(counter).toContain(`closed["${reason}"]`);
      }
      const [, refusal] = /refused\.(\w+)/.exec(counter) ?? [];
      if (refusal === undefined) continue;
      expect(beyond).toBe(`status ${httpErrors[refusal as keyof typeof httpErrors].status}`);
    }
    expect(rows.length).toBeGreaterThan(20);
  });
});
