import { createHash } from "node:crypto";
import { defineScript } from "@redis/client";
import { expect, it } from "vitest";
import { recoveryScripts } from "../../../src/backplane/redis/recovery-scripts.ts";
import { scriptCommands } from "../../../src/backplane/redis/script-commands.ts";

it("gives each script the digest of its text for the server", () => {
  for (const isSharded of [true, false]) {
    const commands = scriptCommands(defineScript, isSharded);
    expect(Object.keys(commands)).toEqual(Object.keys(recoveryScripts));
    for (const { SCRIPT, SHA1 } of Object.values(commands)) {
      expect(SHA1).toBe(createHash("sha1").update(SCRIPT).digest("hex"));
    }
    expect(commands.append.SCRIPT.includes("SPUBLISH")).toBe(isSharded);
  }
});

it("sends keys as keys, by which a cluster finds the node, and all else behind them unchanged", () => {
  const { append } = scriptCommands(defineScript, true);
  const sent: unknown[] = [];
  const parser = {
    pushKeys: (keys: readonly string[]) => sent.push({ keys }),
    push: (...args: readonly unknown[]) => sent.push(...args),
  } as unknown as Parameters<typeof append.parseCommand>[0];
  const bytes = Buffer.from([0, 255]);
  append.parseCommand(parser, ["a", "b", "c"], ["epoch", bytes]);
  expect(sent).toEqual([{ keys: ["a", "b", "c"] }, "epoch", bytes]);
  expect(append.transformReply([bytes])).toEqual([bytes]);
});
