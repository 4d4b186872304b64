import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import typescript from "typescript-5.4";
import { expect, it, onTestFinished } from "vitest";
import { planBridge, writeChanges } from "../../../../src/cli/migrate/bridge/bridge-plan.ts";

const program = { path: "a.js", kind: "javascript", text: 'require("socket.io");' } as const;

it("changes programs and their manifest together", () => {
  const text = '{ "dependencies": { "socket.io": "4", "socket.io-client": "4" } }';
  const { changes, problems } = planBridge(
    typescript,
    [program, { path: "package.json", kind: "manifest", text }],
    "1.2.3",
  );
  expect(changes.map(({ path, after }) => [path, after])).toEqual([
    ["a.js", 'require("roomcast/socket.io");'],
    ["package.json", '{ "dependencies": { "roomcast": "^1.2.3", "socket.io-client": "4" } }'],
  ]);
  expect(problems).toEqual([]);
});

it("says what remains for a person to do", () => {
  expect(planBridge(typescript, [program], "1.2.3").problems).toEqual([
    "no package.json here names socket.io: install roomcast where the program has its packages",
  ]);
});

it("writes nothing when a file has changed", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-bridge-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const change = (path: string) => ({ path, before: "old", after: "new" });
  writeFileSync(join(folder, "a"), "old");
  writeFileSync(join(folder, "b"), "other");
  expect(() => writeChanges(folder, [change("a"), change("b")])).toThrow("b changed at this moment");
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("old");
  writeChanges(folder, [change("a")]);
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("new");
});
