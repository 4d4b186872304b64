import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { loadScenario, readScenario } from "../../../../src/cli/load/scenario/scenario-module.ts";

const folder = mkdtempSync(join(tmpdir(), "roomcast-scenario-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

it("loads a function, or an object with options", async () => {
  const bare = await loadScenario(file("bare.mjs", "export default async () => {};"));
  expect(bare.run).toBeTypeOf("function");
  const whole = await loadScenario(file("whole.mjs", "export default { clients: 3, ramp: '1s', run() {} };"));
  expect(whole).toMatchObject({ clients: 3, ramp: "1s" });
});

it("tells the faults of a module", async () => {
  await expect(loadScenario(join(folder, "no.mjs"))).rejects.toThrow("is not there");
  await expect(loadScenario(file("bad.mjs", "export default {"))).rejects.toThrow("cannot be loaded");
  await expect(loadScenario(file("throws.mjs", "throw new Error('no token');"))).rejects.toThrow("no token");
  await expect(loadScenario(file("none.mjs", "export const run = 1;"))).rejects.toThrow(
    "has no scenario as its default export",
  );
});

it.each([
  [{ client: 5 }, 'has no option "client". Did you mean clients?'],
  [{ run: 5 }, '"run" of the scenario "a.mjs" is a number, not a function.'],
  [{ toString: 1 }, 'has no option "toString".'],
  ["text", "has no scenario as its default export"],
])("refuses %j", (exported, message) => {
  expect(() => readScenario(exported, "a.mjs")).toThrow(message);
});
