import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { documentOf, readDocument } from "../../../src/cli/contract/contract-file.ts";
import { isObject } from "../../../src/cli/contract/json-pointer.ts";

const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const source = JSON.stringify(fileURLToPath(new URL("../../../src/contract.ts", import.meta.url)));
const one = 'export const chat = { "~contract": 1, parts: { client: {} } };\n';

/** A folder with files; those in TypeScript find tsx there. */
function project(files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-contract-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["tsx", "zod"]) symlinkSync(join(packages, name), join(folder, "node_modules", name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return (name) => join(folder, name);
}

it("loads TypeScript with the project's tsx, and takes title and version from its package", async () => {
  const at = project({
    "package.json": '{ "name": "chat", "version": "2.1.0" }',
    "contract.ts": `
      import { contract, event } from ${source};
      import * as z from "zod";
      export const limit: number = 500;
      export const chat = contract({ client: { say: event(z.object({ text: z.string().max(limit) })) } });
      export default chat;
    `,
  });
  const document = await documentOf(at("contract.ts"), {});
  expect(document).toMatchObject({
    info: { title: "chat", version: "2.1.0" },
    channels: {
      root: { messages: { "client.say": { payload: { properties: { text: { maxLength: 500 } } } } } },
    },
  });
  writeFileSync(at("asyncapi.json"), JSON.stringify(document));
  expect(await readDocument(at("asyncapi.json"), {})).toEqual(document);
  expect(readFileSync(at("asyncapi.json"), "utf8")).toContain('"maxLength":500');
});

it("takes contracts by namespace, and what a CommonJS module exports", async () => {
  const at = project({
    "spaces.mjs": `${one}export default { "/": chat, "/game": { "~contract": 1, parts: {} } };\n`,
    "old.cjs":
      'const make = () => ({ "~contract": 1, parts: {} });\nmodule.exports = { ["ch" + "at"]: make() };\n',
  });
  const { channels } = await documentOf(at("spaces.mjs"), { exported: "default", title: "Both" });
  expect(isObject(channels) && Object.keys(channels)).toEqual(["root", "game"]);
  expect(await documentOf(at("old.cjs"), {})).toMatchObject({ info: { title: "old", version: "0.0.0" } });
});

it("names the mistake in one line", async () => {
  const at = project({
    "none.mjs": "export const chat = {};\n",
    "two.mjs": `${one}export const game = { "~contract": 1, parts: {} };\n`,
    "package.mjs": 'import "@not/installed/sub";\n',
    "file.mjs": 'import "./not-there.mjs";\n',
    "throws.mjs": 'throw new Error("first line\\nsecond line");\n',
    "broken.json": "{",
    "other.json": '{ "openapi": "3.1.0" }',
    "readme.md": "",
  });
  const cases: [string, string][] = [
    ["missing.ts", "is not there"],
    ["", "is a folder"],
    ["none.mjs", "exports no contract: export what contract() of roomcast/contract returns"],
    ["two.mjs", "exports several contracts: choose with --export (chat, game)"],
    ["package.mjs", "which is not installed: npm install @not/installed"],
    ["file.mjs", "cannot be loaded: Cannot find module"],
    ["throws.mjs", "cannot be loaded: first line"],
    ["broken.json", "is no JSON"],
    ["other.json", "is no AsyncAPI 3 document. Write one: roomcast contract asyncapi"],
    ["readme.md", "is neither a module"],
  ];
  for (const [name, text] of cases) {
    const error = await readDocument(at(name), {}).catch((reason: Error) => reason);
    expect(error, name).toMatchObject({ name: "CommandFailure", message: expect.stringContaining(text) });
    expect(String(error), name).not.toContain("\n");
  }
  await expect(documentOf(at("two.mjs"), { exported: "gane" })).rejects.toThrow("Did you mean game?");
});
