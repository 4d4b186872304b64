import { expect, it } from "vitest";
import { PageFiles, pageFields } from "../../src/dashboard/page-files.ts";

it("nothing but the page's own files is found", async () => {
  const files = new PageFiles();
  for (const name of ["../package.json", "..%2fpackage.json", "constructor", "page.ts"])
    expect(await files.find(name)).toBeUndefined();
});

it("the policy for the page's content allows nothing inline and no frames", () => {
  const policy = pageFields["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|\*|data:|http:/);
});
