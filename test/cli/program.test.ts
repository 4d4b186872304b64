import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import type { CommandSpec } from "../../src/cli/command.ts";
import { CommandFailure, exitCodes } from "../../src/cli/exit-code.ts";
import { runProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { runCommandLine } from "../support/command-line.ts";

const example = { line: "roomcast fail", text: "fails" };

function failing(error: Error): CommandSpec {
  return {
    name: "fail",
    values: "",
    summary: "fails",
    flags: [],
    examples: [example, example],
    load: async () => async () => {
      throw error;
    },
  };
}

async function run(error: Error, ...argv: string[]) {
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const terminal = new Terminal({ input: new PassThrough(), output, errors, env: {} });
  const { signal } = new AbortController();
  const code = await runProgram(["fail", ...argv], {
    commands: [failing(error)],
    version: "1",
    terminal,
    signal,
  });
  return { code, output: String(output.read() ?? ""), errors: String(errors.read() ?? "") };
}

it("prints a failure as one line, and a stack only with --debug", async () => {
  const failure = new CommandFailure(exitCodes.unreachable, "Nothing\nthere.", { status: 502 });
  expect(await run(failure)).toEqual({ code: 2, output: "", errors: "error Nothing\\u000athere.\n" });
  expect((await run(failure, "--debug")).errors).toContain("program.test.ts");
  expect(JSON.parse((await run(failure, "--json")).output)).toEqual({
    type: "error",
    message: "Nothing\\u000athere.",
    code: 2,
    status: 502,
  });
});

it("says that an unforeseen error is its own fault", async () => {
  const { code, errors } = await run(new TypeError("x is not a function"));
  expect(code).toBe(1);
  expect(errors).toBe(
    "error x is not a function\nThis is a fault of roomcast itself: --debug shows where it is.\n",
  );
});

it("prints its version, and help that is a failure where nothing was asked", async () => {
  expect(await runCommandLine(["--version"])).toEqual({ code: 0, lines: ["1.2.3"], errors: "" });
  expect((await runCommandLine([])).code).toBe(1);
});

it.each([
  [{}, false, false],
  [{}, true, true],
  [{ NO_COLOR: "1" }, true, false],
  [{ TERM: "dumb" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
])("colours what people read: %j on a terminal: %s", (env, isTTY, colored) => {
  const output = Object.assign(new PassThrough(), { isTTY });
  const terminal = new Terminal({ input: new PassThrough(), output, errors: output, env });
  expect(terminal.colors.red("x") !== "x").toBe(colored);
});
