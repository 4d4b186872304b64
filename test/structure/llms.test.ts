/** llms.txt, the index for tools that write code, lists every page of docs/ and docs/reference/. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const repository = "https://github.com/roomcast/roomcast/raw/main/";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("llms.txt", () => {
  const text = read("llms.txt");
  const links = [...text.matchAll(/^- \[.+?\]\((.+?)\): \S.*$/gm)].map(([, target = ""]) => target);
  const { files } = JSON.parse(read("package.json")) as { files: string[] };

  it("lists every page once, with a line on its contents", () => {
    const pages = ["docs", "docs/reference"].flatMap((folder) =>
      readdirSync(new URL(`../../${folder}`, import.meta.url))
        .filter((name) => name.endsWith(".md"))
        .map((name) => `${repository}${folder}/${name}`),
    );
    expect(links.toSorted()).toEqual(pages.toSorted());
  });

  it("gives twenty facts", () => {
    const numbers = [...text.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it("has a companion, SKILL.md, whose name and description stand on lines of their own at its top", () => {
    expect(read("SKILL.md")).toMatch(/^---\nname: roomcast\ndescription: \S.{50,1000}\n---\n\n# Roomcast\n/);
  });

  it("is part of the package, as SKILL.md is", () => {
    expect(files).toEqual(expect.arrayContaining(["llms.txt", "SKILL.md"]));
  });
});
