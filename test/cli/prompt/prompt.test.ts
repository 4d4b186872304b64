import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Prompt } from "../../../src/cli/prompt/prompt.ts";
import { PromptHistory } from "../../../src/cli/prompt/prompt-history.ts";
import { Terminal } from "../../../src/cli/terminal.ts";
import { soon } from "../../support/waiting.ts";

function open(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let written = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  const terminal = new Terminal({ input, output, errors: new PassThrough(), env: { NO_COLOR: "1" } });
  const prompt = new Prompt({
    terminal,
    history: new PromptHistory(undefined),
    seen: { events: new Set(["said"]), namespaces: [] },
    label: () => "/> ",
  });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of prompt.lines()) lines.push(line);
  })();
  return { input, prompt, lines, reading, written: () => written };
}

it("reads lines from a pipe, and shows no prompt", async () => {
  const { input, lines, reading, written, prompt } = open(false);
  input.end("one\ntwo");
  await reading;
  prompt.print("a result");
  expect(lines).toEqual(["one", "two"]);
  await soon(written).toBe("a result\n");
});

it("prints above the line that is being typed, completes it, and ends on Ctrl-C", async () => {
  const { input, lines, reading, written, prompt } = open(true);
  await soon(written).toContain("/> ");
  input.write("emit sa");
  await soon(written).toContain("emit sa");
  prompt.print("an event");
  // The line is there again, below what was printed.
  expect(written()).toMatch(/an event\n.*\/> .*emit sa/s);
  input.write("\t");
  await soon(written).toContain("id ");
  input.write("\r");
  await soon(() => lines).toEqual(["emit said "]);
  input.write("\x03");
  await reading;
});
