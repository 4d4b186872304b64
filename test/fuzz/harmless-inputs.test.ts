import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCorpus } from "./decoder-fuzz.ts";
import { isHarmless } from "./harmless-inputs.ts";

const names = readdirSync(new URL("corpus", import.meta.url)).map((file) => file.replace(".json", ""));

describe("the inputs that are kept", () => {
  it.each(names)("are harmless to every program of the field: %s", (name) => {
    const kept = readCorpus(name);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.filter((input) => !isHarmless(input))).toEqual([]);
  });
});

describe("an input", () => {
  it.each([
    ["an event", '42["a",1]'],
    ["an acknowledgement", "431[1]"],
    ["a packet with an attachment", '51-["a",{"_placeholder":true,"num":0}]'],
    ["several packets", '2\u001e42["a"]\u001e3'],
  ])("is harmless that is %s", (_what, text) => {
    expect(isHarmless([text])).toBe(true);
  });

  it.each([
    ["a type that only servers send", `4${4}`],
    ["an attachment's place that is no number", '51-["a",{"_placeholder":true,"num":[]}]'],
    ["more attachments than anyone needs", '511-["a"]'],
    ["a number that is too long", `2${"1".repeat(17)}["a"]`],
    ["nesting that is too deep", `2["a",${"[".repeat(301)}`],
  ])("is not harmless that holds %s", (_what, text) => {
    expect(isHarmless([text])).toBe(false);
  });

  it("is not harmless that promises much, in one piece or in two", () => {
    const frame = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0]);
    expect(isHarmless([frame])).toBe(false);
    expect(isHarmless([frame.subarray(0, 5), frame.subarray(5)])).toBe(false);
    expect(isHarmless([Buffer.from([0x82, 0x82, 0, 0, 0, 0, 1, 2])])).toBe(true);
  });
});
