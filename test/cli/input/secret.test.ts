import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { askLine } from "../../../src/cli/input/secret.ts";
import { Terminal } from "../../../src/cli/terminal.ts";

function open() {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let written = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  const terminal = new Terminal({ input, output, errors: new PassThrough(), env: {} });
  return { input, terminal, written: () => written };
}

const { signal } = new AbortController();

it("asks for a secret without showing it", async () => {
  const { input, terminal, written } = open();
  const asked = askLine(terminal, { label: "Password: ", isSecret: true, signal });
  input.write("correct horse\r");
  expect(await asked).toBe("correct horse");
  await new Promise((resolve) => setImmediate(resolve));
  expect(written()).toBe("Password: \n");
});

it("asks for one thing after the other", async () => {
  const { input, terminal, written } = open();
  const name = askLine(terminal, { label: "Name: ", isSecret: false, signal });
  input.write("ops\r");
  expect(await name).toBe("ops");
  const password = askLine(terminal, { label: "Password: ", isSecret: true, signal });
  input.write("secret\r");
  expect(await password).toBe("secret");
  expect(written()).toContain("ops");
  expect(written()).not.toContain("secret");
});

it("has no answer after Ctrl-C, at the end of the input, and after the signal", async () => {
  const one = open();
  const interrupted = askLine(one.terminal, { label: "? ", isSecret: true, signal });
  one.input.write("\x03");
  expect(await interrupted).toBeUndefined();
  const two = open();
  const ended = askLine(two.terminal, { label: "? ", isSecret: true, signal });
  two.input.end();
  expect(await ended).toBeUndefined();
  const stopping = new AbortController();
  const stopped = askLine(open().terminal, { label: "? ", isSecret: true, signal: stopping.signal });
  stopping.abort();
  expect(await stopped).toBeUndefined();
});
