import { expect, it } from "vitest";
import { commands } from "../../../src/cli/command-list.ts";
import { runCommandLine } from "../../support/command-line.ts";

it("names every command and exit code", async () => {
  const { code, lines } = await runCommandLine(["--help"]);
  expect(code).toBe(0);
  for (const { name } of commands) expect(lines.some((line) => line.startsWith(`  ${name} `))).toBe(true);
  for (const number of ["0", "1", "2", "124", "130"])
    expect(lines.some((line) => line.startsWith(`  ${number} `))).toBe(true);
});

it.each(commands)("shows the options and examples of $name", async ({ name, flags, examples }) => {
  const { lines } = await runCommandLine([name, "--help"]);
  const asked = await runCommandLine(["help", name]);
  expect(asked.lines).toEqual(lines);
  for (const { flag } of flags) expect(lines.some((line) => line.startsWith(`  ${flag} `))).toBe(true);
  expect(examples.length).toBeGreaterThanOrEqual(2);
  for (const { line } of examples) expect(lines).toContain(`  ${line}`);
});
