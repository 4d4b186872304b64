import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** The compiler's output about a program. */
async function compile(program: string): Promise<string> {
  const command = [compiler, "-p", join(folder, program), "--pretty", "false"];
  return promisify(execFile)(process.execPath, command).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

/** The compiler's message about each line of a program's file. */
async function messages(program: string): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  let line = 0;
  for (const text of (await compile(program)).split("\n")) {
    line = Number(/program\.ts\((\d+),/.exec(text)?.[1] ?? line);
    if (text !== "") found.set(line, `${found.get(line) ?? ""}${text}\n`);
  }
  return found;
}

describe("a program", () => {
  it("that registers its events and session is checked against both", async () => {
    expect(await compile("registered")).toBe("");
  });

  it("that registers only its session is checked only against that", async () => {
    expect(await compile("session-only")).toBe("");
  });

  it("for socket.io's server is checked alike by its own types and by those of the bridge", async () => {
    expect(await compile("bridge")).toBe("");
    expect(await compile("bridge/tsconfig.bridge.json")).toBe("");
  });

  it("with mistakes gets errors in terms of the program", async () => {
    const found = await messages("mistakes");
    const lines = readFileSync(join(folder, "mistakes/program.ts"), "utf8").split("\n");
    const expected = lines.flatMap((text, index) =>
      text.startsWith("// ") ? [[index, text.slice(3)] as const] : [],
    );
    expect(expected).toHaveLength(18);
    for (const [line, text] of expected) expect(found.get(line), `line ${line}`).toContain(text);
    expect([...found.keys()].sort((a, b) => a - b)).toEqual(expected.map(([line]) => line));
  });
});
