/**
 * The site's table of contents. docs/README.md is the only list of pages: its sections are those of the
 * navigation, and a row there puts a page into it. A page of a folder's own, such as docs/reference/README.md,
 * lists the pages of the folder in a table.
 */

import { posix } from "node:path";
import { isChinese, isOnSite, type PagePath } from "./addresses.ts";
import { plainText } from "./headings.ts";

/** An entry of the contents. */
export interface Entry {
  readonly title: string;
  /** The path of the page, or of a file that is not on the site, in the repository. */
  readonly path: PagePath;
  /** The same page in Traditional Chinese. */
  readonly translation?: PagePath;
  /** The pages of the folder that this page opens. */
  readonly inside: readonly Entry[];
}

export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Gives the text of a file of the repository. */
export type ReadFile = (path: string) => string;

const list = "docs/README.md";

/** Reads the sections of docs/README.md. */
export function readContents(read: ReadFile): Section[] {
  return read(list)
    .split(/^## +/m)
    .slice(1)
    .map((text) => {
      const [title = "", ...lines] = text.split("\n");
      const rows = lines
        .join("\n")
        .split(/^- +(?=\[)/m)
        .slice(1);
      return { title: title.trim(), entries: rows.map((row) => entryOf(row, read)) };
    });
}

/** The pages of the contents, in their order, without the files that are not on the site. */
export function pagesOf(sections: readonly Section[]): PagePath[] {
  const all = (entry: Entry): string[] => [
    entry.path,
    ...(entry.translation === undefined ? [] : [entry.translation]),
    ...entry.inside.flatMap(all),
  ];
  return sections.flatMap(({ entries }) => entries.flatMap(all)).filter(isOnSite);
}

/** The first heading of a page. */
export function titleOf(markdown: string): string {
  return plainText(/^# +(.+)$/m.exec(markdown)?.[1] ?? "");
}

/** The first paragraph of a page, on one line and without marks. */
export function summaryOf(markdown: string): string {
  const [, ...rest] = markdown.split(/^# .+$/m);
  const paragraph =
    rest
      .join("")
      .trim()
      .split(/\n\s*\n/)[0] ?? "";
  return plainText(paragraph.replaceAll(/\s*\n\s*/g, " "));
}

/** An entry from a row of docs/README.md: a link, perhaps a translation, a colon, and what the page is about. */
function entryOf(row: string, read: ReadFile): Entry {
  const [first, ...others] = linksOf(row, list);
  if (first === undefined) throw new Error(`A row of ${list} has no link: ${row}`);
  const translation = others.map(({ path }) => path).find(isChinese);
  const opensFolder = isOnSite(first.path) && posix.basename(first.path) === "README.md";
  return {
    ...first,
    ...(translation === undefined ? {} : { translation }),
    inside: opensFolder ? tableEntries(first.path, read) : [],
  };
}

/** The pages that a folder's own page lists in the first column of its table. */
function tableEntries(page: PagePath, read: ReadFile): Entry[] {
  return [...read(page).matchAll(/^\| *(\[.+?\]\(.+?\)) *\|/gm)].flatMap(([, cell = ""]) =>
    linksOf(cell, page).map(({ title, path }) => ({
      // A number alone says nothing in a list of titles.
      title: /^\d+$/.test(title) ? titleOf(read(path)) : title,
      path,
      inside: [],
    })),
  );
}

function linksOf(markdown: string, page: PagePath): { title: string; path: PagePath }[] {
  return [...markdown.matchAll(/\[(.+?)\]\(([^)#]+)[^)]*\)/g)].map(([, title = "", target = ""]) => ({
    title: plainText(title),
    path: posix.join(posix.dirname(page), target),
  }));
}
