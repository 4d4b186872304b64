import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { asyncapi } from "../../../src/contract/asyncapi-document.ts";
import { contract } from "../../../src/contract/contract.ts";
import { event } from "../../../src/contract/event-definition.ts";
import { runCommandLine } from "../../support/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "roomcast-contract-command-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const text = z.object({ text: z.string() });
const chat = contract({ client: { say: event(text) }, server: { said: event(text) } });
const contracts = {
  chat,
  stricter: contract({
    client: { say: event(text.extend({ room: z.string() }), { errors: { slow: z.int() } }) },
    server: { said: event(text), left: event() },
  }),
  unclear: contract({ ...chat.parts, errors: { slow: z.int() } }),
  wider: contract({ ...chat.parts, client: { say: event(text.partial()), leave: event() } }),
};
for (const [name, value] of Object.entries(contracts))
  writeFileSync(at(`${name}.json`), JSON.stringify(asyncapi(value, { title: "Chat", version: "1" })));
writeFileSync(
  at("contract.mjs"),
  'export const chat = { "~contract": 1, parts: {} };\nexport const game = { "~contract": 1, parts: {} };\n',
);

const check = (before: string, after: string, ...more: string[]) =>
  runCommandLine(["contract", "check", at(`${before}.json`), at(`${after}.json`), ...more]);

describe("roomcast contract asyncapi", () => {
  const argv = [
    "contract",
    "asyncapi",
    at("contract.mjs"),
    "--export",
    "chat",
    "--title",
    "Chat",
    "--version",
    "007",
  ];

  it("prints the document, as people or programs read it", async () => {
    const { code, lines, errors } = await runCommandLine(argv);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(JSON.parse(lines.join("\n"))).toMatchObject({
      asyncapi: "3.0.0",
      info: { title: "Chat", version: "007" },
      channels: { root: { address: "/" } },
    });
    const json = await runCommandLine([...argv, "--json"]);
    expect(json.lines.map((line) => JSON.parse(line))).toEqual([JSON.parse(lines.join("\n"))]);
  });

  it("writes a file", async () => {
    const { code, lines } = await runCommandLine([...argv, "--out", at("written.json")]);
    expect({ code, lines }).toEqual({ code: 0, lines: [`${at("written.json")} was written.`] });
    expect(JSON.parse(readFileSync(at("written.json"), "utf8"))).toMatchObject({ asyncapi: "3.0.0" });
    expect((await check("written", "written")).code).toBe(0);
  });
});

describe("roomcast contract check", () => {
  it("fails where clients break, and says why", async () => {
    const { code, lines, errors } = await check("chat", "stricter");
    expect({ code, errors }).toEqual({ code: 1, errors: "" });
    expect(lines).toEqual([
      "breaks   client.say arguments room: is required now",
      'unclear  client.say errors: "slow" is new, and clients do not know it',
      "fine     server.left: is new",
      "3 differences: 1 that breaks clients, 1 that may.",
    ]);
    expect((await check("chat", "stricter", "--lenient")).code).toBe(1);
  });

  it("passes where none breaks", async () => {
    expect(await check("chat", "chat")).toEqual({ code: 0, lines: ["No differences."], errors: "" });
    expect(await check("chat", "wider")).toMatchObject({
      code: 0,
      lines: [
        "fine     client.say arguments: changed, and clients that are in use fit",
        "fine     client.leave: is new",
        "2 differences, none of which breaks clients.",
      ],
    });
  });

  it("counts what it cannot tell as a fault, unless it is lenient", async () => {
    const strict = await check("chat", "unclear");
    expect(strict).toMatchObject({ code: 1, errors: "" });
    expect(strict.lines.at(-1)).toBe(
      "1 difference: 0 that break clients, 1 that may. --lenient passes these.",
    );
    expect((await check("chat", "unclear", "--lenient")).code).toBe(0);
  });

  it("gives programs a line for each difference, and a summary", async () => {
    const { code, lines } = await check("chat", "stricter", "--json");
    expect(code).toBe(1);
    const [first, ...others] = lines.map((line) => JSON.parse(line));
    expect(first).toEqual({
      type: "difference",
      verdict: "breaks",
      namespace: "/",
      sender: "client",
      event: "say",
      part: "arguments",
      path: "room",
      text: "is required now",
    });
    expect(others.at(-1)).toEqual({
      type: "summary",
      compatible: false,
      breaks: 1,
      unclear: 1,
      fine: 1,
      open: 0,
    });
  });
});

it.each([
  [["chek", "a", "b"], 'roomcast contract has no part "chek". Did you mean check?'],
  [["check", at("chat.json")], "Give two contracts: roomcast contract check <before> <after>"],
  [["asyncapi"], "<module> is missing. Usage: roomcast contract"],
  [["asyncapi", at("contract.mjs"), "more"], '"more" is one value too many'],
  [["asyncapi", at("contract.mjs")], "exports several contracts: choose with --export (chat, game)."],
  [["asyncapi", at("contract.mjs"), "--lenient"], "--lenient belongs to check"],
  [["asyncapi", at("contract.mjs"), "--export", "chat", "--out", at("no/where.json")], "cannot be written"],
  [["asyncapi", at("chat.json")], "is a document already"],
  [["check", at("chat.json"), at("chat.json"), "--out", "x"], "--out belongs to asyncapi"],
])("names the mistake in %j", async (argv, message) => {
  const { code, lines, errors } = await runCommandLine(["contract", ...argv]);
  expect({ code, lines }).toEqual({ code: 1, lines: [] });
  expect(errors).toContain(message);
  expect(errors.trimEnd()).not.toContain("\n");
});
