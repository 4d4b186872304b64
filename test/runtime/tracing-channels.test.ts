import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bun } from "../support/runtimes.ts";

const program = fileURLToPath(new URL("support/tracing-program.ts", import.meta.url));

describe.skipIf(bun.path === undefined)("the tracing channels on Bun", () => {
  it("tell of handlers, and keep a bound store in them, as on Node", async () => {
    const { stdout } = await promisify(execFile)(bun.path ?? "", [program]);
    expect(JSON.parse(stdout)).toEqual({
      answers: ["span of say", "span of fail"],
      told: [
        ["start", "say", null],
        ["end", "say", null],
        ["asyncStart", "say", "span of say"],
        ["asyncEnd", "say", "span of say"],
        ["start", "fail", null],
        ["error", "fail", null],
        ["end", "fail", null],
      ],
    });
  });
});
