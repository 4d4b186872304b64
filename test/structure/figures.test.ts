/** Figures that one page quotes from another page are the same on both. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const read = (page: string) => readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), "utf8");

/** A column of Roomcast's row in a scenario's table of docs/performance.md. */
function measured(scenario: string, column: string): number {
  const [, section = ""] = read("docs/performance.md").split(`\n### ${scenario}\n`);
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = (row = "") => row.split("|").map((cell) => cell.trim());
  const place = cells(rows[0]).indexOf(column);
  const own = rows.find((row) => cells(row)[1] === "Roomcast");
  return Number.parseFloat(cells(own)[place] ?? "");
}

/** The least and the greatest figure of a column of docs/scaling-figures.md's table of processor time. */
function deliveryTimes(...titles: string[]): [number, number] {
  const [, section = ""] = read("docs/scaling-figures.md").split("\n## Processor time\n");
  const [table = ""] = section.split("\n\n").filter((part) => part.startsWith("| processes"));
  const [head = [], , ...rows] = table.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  const times = titles.flatMap((title) => rows.map((row) => Number(row[head.indexOf(title)])));
  return [Math.round(Math.min(...times)), Math.round(Math.max(...times))];
}

describe("docs/scaling.md", () => {
  const page = read("docs/scaling.md").replaceAll("\n", " ");
  const quoted = (pattern: RegExp) => Number(pattern.exec(page)?.[1]);

  it("quotes the time of a delivery as docs/scaling-figures.md has it, and calculates with it", () => {
    const [, least, most] = /costs all processes together (\d+) to (\d+) µs/.exec(page) ?? [];
    const own = deliveryTimes("Roomcast on Redis", "Roomcast on NATS");
    expect([least, most].map(Number)).toEqual(own);
    expect(quoted(/… in each process, at (\d+) µs/)).toBe(own[1]);
    const share = Math.round((5000 * own[1]) / 10_000);
    expect(quoted(/… in each process, at[^|]*\| *5 000: (\d+) % of a core/)).toBe(share);
    const [, ...theirs] = /Redis adapter takes (\d+) to (\d+) µs/.exec(page) ?? [];
    expect(theirs.map(Number)).toEqual(deliveryTimes("socket.io, Redis adapter"));
  });

  it("quotes the memory of an idle connection as docs/performance.md has it", () => {
    expect(quoted(/an idle connection takes (\d+) KiB/)).toBe(Math.round(measured("idle", "RSS each")));
  });

  it("quotes the time of a handshake as docs/performance.md has it", () => {
    const tens = Math.round(measured("connect", "CPU µs/connection") / 10) * 10;
    expect(quoted(/a handshake (\d+) µs/)).toBe(tens);
  });

  it("quotes the time of an echo as docs/performance.md has it, and calculates with it", () => {
    const time = Math.round(measured("echo", "CPU µs/round trip"));
    expect(quoted(/about as much as an echo, (\d+) µs/)).toBe(time);
    expect(quoted(/heartbeats in each process \(50 000 ÷ 25 s\), at (\d+) µs/)).toBe(time);
    expect(quoted(/heartbeats in each process[^|]*\| *(\d+) % of a core/)).toBe(
      Math.round((2000 * time) / 10_000),
    );
  });
});

describe("README and the pages", () => {
  it("promise no feature for later", () => {
    const pages = ["docs", "docs/reference"].flatMap((folder) =>
      readdirSync(new URL(`../../${folder}`, import.meta.url))
        .filter((name) => name.endsWith(".md"))
        .map((name) => `${folder}/${name}`),
    );
    expect(pages).toContain("docs/from-socketio.md");
    const promises = ["README.md", ...pages].flatMap((page) =>
      read(page)
        .split("\n")
        .filter((line) => /not there yet|\bplanned\b|coming soon|when they exist/i.test(line))
        .map((line) => `${page}: ${line}`),
    );
    expect(promises).toEqual([]);
  });
});
