import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EventTemplate } from "../../../../src/cli/load/client/event-template.ts";

it.each([
  ["say", [], '["say"]'],
  ["say", ["{{mark}}"], '["say","M"]'],
  ["say", ["hello {{client}}", "5", "{{client}}"], '["say","hello 12",5,12]'],
  ["say", ['{"text":"{{mark}} and {{mark}}","from":{{client}}}'], '["say",{"text":"M and M","from":12}]'],
  ["move {{client}}", ['["r{{client}}"]'], '["move 12",["r12"]]'],
  ["say", ["@@ada ☕"], '["say","@ada ☕"]'],
])("fills %s %j", (event, values, body) => {
  const template = new EventTemplate(event, values);
  expect([template.type, template.fill("M", 12), template.attachments]).toEqual(["2", body, []]);
});

it("has the bytes of files as attachments", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-template-"));
  try {
    writeFileSync(join(folder, "a.bin"), Uint8Array.of(1, 2));
    const template = new EventTemplate("file", [`@${join(folder, "a.bin")}`, "{{mark}}"]);
    expect(template.type).toBe("51-");
    expect(template.fill("M", 1)).toBe('["file",{"_placeholder":true,"num":0},"M"]');
    expect(template.attachments.map((bytes) => [...bytes])).toEqual([[1, 2]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("refuses a value that is not valid", () => {
  expect(() => new EventTemplate("say", ["{text}"])).toThrow("{text} is not JSON.");
});
