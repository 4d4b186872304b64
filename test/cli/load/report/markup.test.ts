import { expect, it } from "vitest";
import { embedJson, escapeHtml } from "../../../../src/cli/load/report/markup.ts";

it("shows markup as text", () => {
  expect(escapeHtml(`<b title="a'b">&`)).toBe("&lt;b title=&quot;a&#39;b&quot;&gt;&amp;");
});

it("ends no script", () => {
  const json = embedJson({ text: "</script><script>" });
  expect(json).not.toContain("<");
  expect(JSON.parse(json)).toEqual({ text: "</script><script>" });
});
