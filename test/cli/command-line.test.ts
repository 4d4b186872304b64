import { expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/command-line.ts";
import { commands } from "../../src/cli/command-list.ts";

const parse = (...argv: string[]) => parseCommandLine(argv, commands);

function read(...argv: string[]) {
  const parsed = parse(...argv);
  if (parsed.type !== "run") throw new Error(`It asks for ${parsed.type}.`);
  return parsed;
}

it("reads values as they were typed", () => {
  expect(read("emit", "u", "e", "007", "-5", "1e3", "-1.5", "--", "--json", "-x").values).toEqual([
    ...["u", "e", "007", "-5", "1e3", "-1.5", "--json", "-x"],
  ]);
});

it("reads options before, between and behind values, short and long", () => {
  const { values, flags } = read(
    "emit",
    "--json",
    "u",
    "-n",
    "/chat",
    "e",
    '--auth={"a":1}',
    "-H",
    "A: 1",
    "--header",
    "B: 2",
  );
  expect(values).toEqual(["u", "e"]);
  expect([flags.has("json"), flags.text("namespace"), flags.text("auth"), flags.texts("header")]).toEqual([
    true,
    "/chat",
    '{"a":1}',
    ["A: 1", "B: 2"],
  ]);
});

it("keeps digits in the value of an option", () => {
  expect(read("emit", "u", "e", "--namespace", "007").flags.text("namespace")).toBe("007");
});

it("tells help and version", () => {
  expect(parse("--version")).toEqual({ type: "version" });
  expect([parse(), parse("-h"), parse("help")]).toEqual(Array(3).fill({ type: "help", command: undefined }));
  expect(parse("emit", "-h")).toMatchObject({ type: "help", command: { name: "emit" } });
  expect(parse("help", "call")).toMatchObject({ type: "help", command: { name: "call" } });
});

it.each([
  [["emti"], 'There is no command "emti". Did you mean `roomcast emit`?'],
  [["http://localhost"], "Did you mean `roomcast connect http://localhost`?"],
  [["zzzzzzzz"], "Commands: connect, emit, call, listen"],
  [["emit", "u", "e", "--namespce", "x"], 'has no option "--namespce". Did you mean --namespace?'],
  [["emit", "u", "e", "--zzzzzzzzz"], "`roomcast emit --help` lists them."],
  [["emit", "u", "e", "-z"], 'has no option "-z".'],
  [["emit"], "<url> is missing. Usage: roomcast emit <url> <event> [...values]"],
  [["emit", "u"], "<event> is missing."],
  [["emit", "u", "e", "--auth"], "--auth needs a value: --auth <json>."],
  [["emit", "u", "e", "--json=yes"], "--json takes no value."],
])("says what was meant in place of %j", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});
