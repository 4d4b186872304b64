import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { Flags } from "../../../src/cli/input/flags.ts";
import { Terminal } from "../../../src/cli/terminal.ts";
import { findLogin } from "../../../src/cli/top/dashboard-login.ts";

function find(options: Record<string, string>, env: Record<string, string>, typed?: string) {
  const input = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  const output = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  output.resume();
  if (typed !== undefined) input.write(typed);
  const terminal = new Terminal({ input, output, errors: new PassThrough(), env });
  const flags = new Flags(new Map(Object.entries(options).map(([name, value]) => [name, [value]])));
  return findLogin({ values: [], flags, terminal, signal: new AbortController().signal });
}

const env = { ROOMCAST_DASHBOARD_USER: "ops", ROOMCAST_DASHBOARD_PASSWORD: "from the environment" };

it("takes options before variables", async () => {
  expect(await find({}, env)).toEqual({ username: "ops", password: "from the environment" });
  expect(await find({ user: "ada", password: "@@x" }, env)).toEqual({ username: "ada", password: "@x" });
});

it("reads a password from the first line of a file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-login-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "password"), "correct horse\nmore");
  expect(await find({ password: `@${folder}/password` }, env)).toMatchObject({ password: "correct horse" });
  await expect(find({ password: `@${folder}/none` }, env)).rejects.toThrow("cannot be read (ENOENT)");
});

it("asks at a terminal for missing parts, and says what to give elsewhere", async () => {
  expect(await find({ user: "ada" }, {}, "secret\r")).toEqual({ username: "ada", password: "secret" });
  await expect(find({}, {})).rejects.toThrow("Give --user and the variable ROOMCAST_DASHBOARD_PASSWORD");
});
