import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { recoveryScripts } from "../../../src/backplane/redis/recovery-scripts.ts";
import { scriptCommands } from "../../../src/backplane/redis/script-commands.ts";

it("gives each script the digest of its text for the server", () => {
  for (const isSharded of [true, false]) {
    const commands = scriptCommands(isSharded);
    expect(Object.keys(commands)).toEqual(Object.keys(recoveryScripts));
    for (const { text, digest } of Object.values(commands)) {
      expect(digest).toBe(createHash("sha1").update(text).digest("hex"));
    }
    expect(commands.append.text.includes("SPUBLISH")).toBe(isSharded);
  }
});
