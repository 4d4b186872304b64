import { describe, expect, it } from "vitest";
import { recoveryScripts, scriptText } from "../../../src/backplane/redis/recovery-scripts.ts";

/** The numbers of the parts of a list that a script uses: `KEYS[2]`. */
function used(text: string, listName: string): number[] {
  return [...text.matchAll(new RegExp(String.raw`\b${listName}\[(\d+)\]`, "g"))].map(([, number]) =>
    Number(number),
  );
}

describe.each(Object.entries(recoveryScripts))("the script %s", (name, script) => {
  it("declares as many keys as it uses, since a cluster finds its node by them", () => {
    expect(Math.max(...used(script.text, "KEYS"))).toBe(script.keys);
  });

  it("publishes with the command that the server has", () => {
    const [sharded, plain] = [scriptText(script, true), scriptText(script, false)];
    expect(sharded.replaceAll("'SPUBLISH'", "'PUBLISH'")).toBe(plain);
    expect(plain).not.toContain("PUBLISH_COMMAND");
    expect(plain.includes("'PUBLISH'")).toBe(["append", "claim", "fence", "pass"].includes(name));
  });

  it("does nothing in an epoch that is over", () => {
    const isChecked = script.text
      .trimStart()
      .startsWith("if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1]");
    // One begins an epoch; a record that is removed has a generation, which is older then.
    expect(isChecked).toBe(!["begin", "drop"].includes(name));
  });
});
