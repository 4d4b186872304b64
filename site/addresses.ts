/**
 * Where the pages of the repository stand on the site, and where their links lead there. Knows no more of a
 * page than its path.
 */

import { posix } from "node:path";

/** A page that the site shows: its path in the repository, as in `docs/rooms.md`. */
export type PagePath = string;

const project = "https://github.com/roomcast/roomcast";
const chinese = "zh-TW";

/** The pages that open the site, one for each language. */
export const homes: Readonly<Record<"en" | "zh-TW", PagePath>> = {
  en: "README.md",
  "zh-TW": "site/home.zh-TW.md",
};

/** Whether the site shows this file of the repository. */
export function isOnSite(path: string): boolean {
  return Object.values(homes).includes(path) || /^docs\/.+\.md$/.test(path);
}

/** Whether the page is one in Traditional Chinese. */
export function isChinese(page: PagePath): boolean {
  return page.endsWith(`.${chinese}.md`);
}

/** The file that the page becomes on the site: `docs/reference/README.md` becomes `reference/index.md`. */
export function siteFile(page: PagePath): string {
  if (page === homes.en) return "index.md";
  if (page === homes[chinese]) return `${chinese}/index.md`;
  if (page === "docs/README.md") return "documents.md";
  const inside = page.replace(/^docs\//, "").replace(/(^|\/)README\.md$/, "$1index.md");
  return isChinese(page) ? `${chinese}/${inside.replace(`.${chinese}.md`, ".md")}` : inside;
}

/** The page's address below the site's base: `/rooms`, `/reference/`. */
export function siteAddress(page: PagePath): string {
  return `/${siteFile(page)
    .replace(/\.md$/, "")
    .replace(/(^|\/)index$/, "$1")}`;
}

/**
 * Where a link leads on the site. To another page: its address there. To any other file of the repository:
 * its page at GitHub. Everything else, and links within a page, stay as they are.
 *
 * @param isFolder - whether a path of the repository is a folder
 */
export function siteLink(target: string, page: PagePath, isFolder: (path: string) => boolean): string {
  const own = new RegExp(`^${project}/(?:blob|raw|tree)/main/`);
  if (!own.test(target) && /^(?:[a-z][a-z+.-]*:|\/\/|#)/i.test(target)) return target;
  const [, path = "", rest = ""] = /^([^?#]*)(.*)$/s.exec(target.replace(own, "/")) ?? [];
  const decoded = decodeURI(path);
  const file = decoded.startsWith("/")
    ? decoded.slice(1)
    : posix.join(posix.dirname(page), decoded).replace(/\/$/, "");
  if (isOnSite(file)) return siteAddress(file) + rest;
  return `${project}/${isFolder(file) ? "tree" : "blob"}/main/${encodeURI(file)}${rest}`;
}

/** Where a page is edited, with `:path` for its path. */
export const editPattern = `${project}/edit/main/:path`;

/** The path of a link to a file at the project's page, or `undefined` for other links. */
export function repositoryPath(target: string): string | undefined {
  const [, path] = /^https:\/\/github\.com\/roomcast\/roomcast\/\w+\/main\/([^?#]+)/.exec(target) ?? [];
  return path === undefined ? undefined : decodeURI(path);
}
