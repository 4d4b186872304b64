import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogue, definitionOf, type MetricName } from "../../../src/observe/metrics/catalogue.ts";
import { portlessServer } from "../../support/portless-server.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const names = Object.keys(catalogue) as MetricName[];

/** All names of metrics in a text, without the endings of a histogram's series. */
function namesIn(text: string): Set<string> {
  const found = text.match(/\broomcast_[a-z_]+/g) ?? [];
  return new Set(found.map((name) => (name in catalogue ? name : name.replace(/_(bucket|sum|count)$/, ""))));
}

describe("docs/metrics.md", () => {
  const page = read("docs/metrics.md");
  const rows = [...page.matchAll(/^\| `(roomcast_\w+)`( \*)? \| (\w+) \| (.*?) ?\| (.*) \|$/gm)];

  it("has the table of all metrics", () => {
    const expected = names.map((name) => {
      const { type, labels, help } = definitionOf(name);
      return [name, type, labels.map((label) => `\`${label}\``).join(", "), help];
    });
    expect(rows.map(([, name, , type, labels, help]) => [name, type, labels, help])).toEqual(expected);
  });

  it("marks those that are always counted", async () => {
    const { socketio } = portlessServer();
    await socketio.testClient().connect();
    const found = new Set((await socketio.metrics()).map(({ name }) => name));
    const marked = rows.filter(([, , mark]) => mark !== undefined).map(([, name = ""]) => name);
    // Without a message queue there is nothing to say of one.
    expect(marked.filter((name) => !name.startsWith("roomcast_queue_"))).toEqual(
      names.filter((name) => found.has(name)),
    );
  });

  it("names no other metrics, in its alerts neither", () => {
    expect([...namesIn(page)].filter((name) => !(name in catalogue))).toEqual([]);
  });
});

describe("grafana/roomcast.json", () => {
  it("shows every metric, and no others", () => {
    const { panels } = JSON.parse(read("grafana/roomcast.json")) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const shown = namesIn(panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join("\n"));
    expect([...shown].sort()).toEqual([...names].sort());
  });

  it("is a file of the package", () => {
    const { files } = JSON.parse(read("package.json")) as { files: string[] };
    expect(files).toContain("grafana");
    expect(existsSync(new URL("../../../grafana/roomcast.json", import.meta.url))).toBe(true);
  });
});
