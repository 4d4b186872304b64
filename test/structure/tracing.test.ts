import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const source = read("src/base/tracing/tracing-channels.ts") + read("src/base/tracing/traced-operations.ts");
const page = read("docs/tracing.md");

/** The members of an interface, with those that it takes from others. */
function membersOf(name: string): string[] {
  const declaration = new RegExp(`interface ${name} (?:extends (\\w+) )?\\{([\\s\\S]*?)^\\}`, "m");
  const [, parent, body = ""] = declaration.exec(source) ?? [];
  const own = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member = ""]) => member);
  return [...own, ...(parent === undefined ? [] : membersOf(parent))];
}

it.each([
  ["roomcast.event", "EventTrace"],
  ["roomcast.connect", "ConnectTrace"],
  ["roomcast.broadcast", "BroadcastTrace"],
  ["roomcast.request", "RequestTrace"],
])("docs/tracing.md lists every member of the contexts on %s", (channel, name) => {
  const [, section = ""] = page.split(`\n## ${channel}\n`);
  const [table = ""] = section.split("\n## ");
  const listed = table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, member]) => member));
  expect(section).toContain(`\`${name}\``);
  expect(listed.length).toBeGreaterThan(5);
  expect(listed.toSorted()).toEqual(membersOf(name).toSorted());
});
