/** The navigation and the sidebars of both languages, made from the table of contents. */

import { homes, isOnSite, siteAddress, siteLink } from "./addresses.ts";
import type { Entry, ReadFile, Section } from "./contents.ts";
import { titleOf } from "./contents.ts";

/** An item as VitePress takes it. */
export interface Item {
  text: string;
  link?: string;
  items?: Item[];
  collapsed?: boolean;
}

/** The sidebar in English: one group for each section, whose folders open when they are visited. */
export function sidebar(sections: readonly Section[]): Item[] {
  return sections.map(({ title, entries }) => ({ text: title, items: entries.map(itemOf) }));
}

/** The menus at the top of the pages in English. */
export function menus(sections: readonly Section[]): Item[] {
  return sections.map(({ title, entries }) => ({
    text: title,
    items: entries.map(({ title, path }) => ({ text: title, link: linkTo(path) })),
  }));
}

/** The pages in Traditional Chinese, by their own titles without what follows a colon. */
export function chinesePages(sections: readonly Section[], read: ReadFile): Item[] {
  return sections
    .flatMap(({ entries }) => entries)
    .flatMap(({ translation }) => (translation === undefined ? [] : [translation]))
    .map((page) => ({ text: titleOf(read(page)).replace(/：.*/, ""), link: siteAddress(page) }));
}

/** The sidebar in Traditional Chinese: translated pages first, then all pages in English. */
export function chineseSidebar(sections: readonly Section[], read: ReadFile): Item[] {
  return [
    { text: "繁體中文", items: chinesePages(sections, read) },
    ...sidebar(sections).map((group) => ({ ...group, text: `${group.text}（英文）`, collapsed: true })),
  ];
}

function itemOf({ title, path, inside }: Entry): Item {
  const item = { text: title, link: linkTo(path) };
  return inside.length === 0 ? item : { ...item, items: inside.map(itemOf), collapsed: true };
}

/** The rows of docs/README.md name files from the top of the repository, as README does. */
function linkTo(path: string): string {
  return isOnSite(path) ? siteAddress(path) : siteLink(path, homes.en, () => false);
}
