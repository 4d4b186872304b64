/** The documentation site, as Markdown alone shows it. `npm run docs:build` builds and checks the whole. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { homes, repositoryPath, siteAddress, siteFile, siteLink } from "../../site/addresses.ts";
import { siteFaults } from "../../site/built-site.ts";
import { pagesOf, readContents, summaryOf, titleOf } from "../../site/contents.ts";
import { anchorsOf } from "../../site/headings.ts";
import { chineseSidebar, type Item, menus, sidebar } from "../../site/navigation.ts";
import { words } from "../../site/words.ts";
import { linkTargets } from "../support/links.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const isFolder = (path: string) => statSync(join(root, path)).isDirectory();

const contents = readContents(read);
const documents = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .map((path) => `docs/${path.replaceAll(sep, "/")}`)
  .filter((path) => path.endsWith(".md"));
const pages = [...documents, ...Object.values(homes)];

describe("the list of pages in docs/README.md", () => {
  it("has every page exactly once", () => {
    const listed = pagesOf(contents).toSorted();
    expect(listed).toEqual(documents.filter((path) => path !== "docs/README.md").toSorted());
  });

  it("becomes the sidebar, with each address once", () => {
    const links = sidebar(contents).flatMap(linksOf);
    expect(links).toEqual([...new Set(links)]);
    const english = pages.filter((path) => !path.includes(".zh-TW.") && !/^(docs\/)?README\.md$/.test(path));
    expect(links.filter((link) => link.startsWith("/")).toSorted()).toEqual(
      english.map(siteAddress).toSorted(),
    );
  });

  it("becomes the menus, with a title for each entry", () => {
    expect(menus(contents).map(({ text }) => text)).toEqual(contents.map(({ title }) => title));
    expect(menus(contents).flatMap(({ items }) => items ?? [])).toContainEqual({
      text: "API reference",
      link: "/reference/",
    });
  });

  it("gives the translated pages their own place", () => {
    const [translated] = chineseSidebar(contents, read);
    expect(translated?.items).toContainEqual({ text: "教學", link: "/zh-TW/tutorial" });
  });

  it("is read by sections, rows and tables", () => {
    const files: Record<string, string> = {
      "docs/README.md":
        "# All\n\n## One\n\n- [A `b`](a.md): text\n  ([繁體中文](a.zh-TW.md)).\n- [Out](../OUT.md): out\n\n## Two\n\n- [In](in/README.md): all\n",
      "docs/in/README.md": "| page | text |\n| -- | -- |\n| [0001](0001-x.md) | x |\n| [Y](y.md) | y |\n",
      "docs/in/0001-x.md": "# 0001: X\n",
    };
    expect(readContents((path) => files[path] ?? "")).toEqual([
      {
        title: "One",
        entries: [
          { title: "A b", path: "docs/a.md", translation: "docs/a.zh-TW.md", inside: [] },
          { title: "Out", path: "OUT.md", inside: [] },
        ],
      },
      {
        title: "Two",
        entries: [
          {
            title: "In",
            path: "docs/in/README.md",
            inside: [
              { title: "0001: X", path: "docs/in/0001-x.md", inside: [] },
              { title: "Y", path: "docs/in/y.md", inside: [] },
            ],
          },
        ],
      },
    ]);
  });
});

describe("the pages on the site", () => {
  it("have an address each", () => {
    const addresses = pages.map(siteFile);
    expect(addresses).toEqual([...new Set(addresses)]);
    expect(siteAddress("docs/decisions/README.md")).toBe("/decisions/");
    expect(siteAddress("docs/tutorial.zh-TW.md")).toBe("/zh-TW/tutorial");
    expect(siteAddress("README.md")).toBe("/");
  });

  it("link to pages, headings and files that exist", () => {
    expect(pages.flatMap((page) => linkFaults(page))).toEqual([]);
  });

  it("have a title and a first paragraph", () => {
    expect(pages.filter((page) => titleOf(read(page)) === "")).toEqual([]);
    expect(summaryOf(read("README.md"))).toMatch(/^A real-time server for TypeScript: .* own server\.$/);
  });

  it("show the same program on both home pages", () => {
    const programs = (page: string) =>
      [...read(page).matchAll(/^```(?:ts|js)\n[\s\S]*?^```/gm)].map(([code]) =>
        code.replaceAll(/ *\/\/.*/g, ""),
      );
    expect(programs(homes["zh-TW"])).toEqual(programs(homes.en));
  });
});

describe("a link", () => {
  it.each([
    ["to a page", "rooms.md#who", "docs/faq.md", "/rooms#who"],
    ["to a page of another folder", "../rooms.md", "docs/reference/server.md", "/rooms"],
    ["to the page of a folder", "reference/README.md", "docs/faq.md", "/reference/"],
    ["to README", "../README.md#start", "docs/faq.md", "/#start"],
    ["from README", "docs/README.md", "README.md", "/documents"],
    [
      "to GitHub for a page",
      "https://github.com/roomcast/roomcast/blob/main/docs/faq.md",
      "README.md",
      "/faq",
    ],
    [
      "to another file",
      "../src/index.ts#L1",
      "docs/faq.md",
      "https://github.com/roomcast/roomcast/blob/main/src/index.ts#L1",
    ],
    [
      "to a folder",
      "../examples/tutorial/",
      "docs/faq.md",
      "https://github.com/roomcast/roomcast/tree/main/examples/tutorial",
    ],
    ["within its page", "#here", "docs/faq.md", "#here"],
    ["to another host", "https://example.com/docs/faq.md", "docs/faq.md", "https://example.com/docs/faq.md"],
  ])("%s leads there", (_what, target, page, expected) => {
    expect(siteLink(target, page, isFolder)).toBe(expected);
  });
});

describe("a heading", () => {
  it("has the anchor that GitHub gives it", () => {
    const page =
      "# 1. A `b_c`, and *d*\n\n```sh\n# no heading\n```\n\n## 中文：一\n\n## Same\n\n## [Same](x.md)\n";
    expect(anchorsOf(page)).toEqual(["1-a-b_c-and-d", "中文一", "same", "same-1"]);
  });
});

describe("the check of the built site", () => {
  it("finds dead links, missing headings and what comes from another host", () => {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-site-"));
    try {
      mkdirSync(join(folder, "in"));
      const page = (...links: string[]) => links.map((link) => `<a href="${link}">x</a>`).join("");
      writeFileSync(
        join(folder, "index.html"),
        `<h1 id="top">x</h1>${page("/base/", "/base/in/a#b", "#top", "#gone", "/base/gone", "/in/a", "https://example.com")}`,
      );
      const outside = [
        siteLink("../LICENSE", "docs/a.md", isFolder),
        siteLink("../NO", "docs/a.md", () => false),
      ];
      writeFileSync(
        join(folder, "in/a.html"),
        `<h2 id="b">x</h2>${page(...outside)}<script src="https://example.com/x.js"></script>`,
      );
      writeFileSync(join(folder, "x.css"), "a { background: url(https://example.com/x.png) }");
      const { faults, pages: count } = siteFaults(folder, "/base/");
      expect(count).toBe(2);
      expect(faults.toSorted()).toEqual([
        "in/a.html: https://github.com/roomcast/roomcast/blob/main/NO is not in the repository",
        "in/a.html: would load https://example.com/x.js from another host",
        "index.html: #gone has no such heading",
        "index.html: /base/gone leads nowhere",
        "index.html: /in/a is not below /base/",
        "x.css: would load https://example.com/x.png from another host",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the search", () => {
  it("divides text into words, and Chinese into pairs of characters", () => {
    expect(words("ERR_ROOM: 413, 處理函式 and emit()")).toEqual([
      ...["ERR", "ROOM", "413", "處理", "理函", "函式", "and", "emit"],
    ]);
  });

  it("takes the function as text, so it uses nothing from outside", () => {
    const copy = new Function(`return ${words}`)() as typeof words;
    expect(copy("a 開始")).toEqual(["a", "開始"]);
  });
});

function linksOf({ link, items = [] }: Item): string[] {
  return [...(link === undefined ? [] : [link]), ...items.flatMap(linksOf)];
}

/** The faults of a page's links, as they are on the site. */
function linkFaults(page: string): string[] {
  return linkTargets(read(page)).flatMap((target) => {
    const link = siteLink(target, page, (path) => existsSync(join(root, path)) && isFolder(path));
    const outside = repositoryPath(link);
    if (outside !== undefined)
      return existsSync(join(root, outside)) ? [] : [`${page} links to ${target}, which does not exist`];
    if (/^[a-z]+:/.test(link)) return [];
    const [address = "", anchor = ""] = link.split("#");
    const other = address === "" ? page : pages.find((path) => siteAddress(path) === address);
    if (other === undefined) return [`${page} links to ${target}, which is no page`];
    if (anchor === "" || anchorsOf(read(other)).includes(decodeURI(anchor))) return [];
    return [`${page} links to ${target}, and there is no such heading`];
  });
}
