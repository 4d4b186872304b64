/** Checks the site as it was built: where each link leads, and that no page needs another host. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { repositoryPath } from "./addresses.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a check of the built site found. */
export interface SiteFaults {
  readonly faults: string[];
  readonly pages: number;
  readonly links: number;
}

/**
 * Finds dead links and anchors, and what would be loaded from another host.
 *
 * @param folder - the site as it was built
 * @param base - the path that it is served below, with a slash at both ends
 */
export function siteFaults(folder: string, base: string): SiteFaults {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) =>
    path.replaceAll(sep, "/"),
  );
  const all = new Set(files);
  const pages = new Map(
    files
      .filter((path) => path.endsWith(".html"))
      .map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );
  const anchors = new Map([...pages].map(([path, html]) => [path, new Set(attributes(html, "id"))]));
  const faults: string[] = [];
  let links = 0;

  for (const [path, html] of pages) {
    for (const target of attributes(html, "href").concat(attributes(html, "src"))) {
      links++;
      const fault = linkFault(target, path);
      if (fault !== undefined) faults.push(`${path}: ${target} ${fault}`);
    }
    faults.push(...foreign(html, /<(?:script|img|source|iframe)\b[^>]*\bsrc="(\w+:[^"]+)"/g, path));
    faults.push(...foreign(html, /<link\b[^>]*\bhref="(\w+:[^"]+)"/g, path));
  }
  for (const path of files.filter((path) => path.endsWith(".css"))) {
    const css = readFileSync(join(folder, path), "utf8");
    faults.push(...foreign(css, /url\(["']?(https?:[^)"']+)|@import\s+["'](https?:[^"']+)/g, path));
  }
  return { faults, pages: pages.size, links };

  function linkFault(target: string, page: string): string | undefined {
    const inRepository = repositoryPath(target);
    if (inRepository !== undefined)
      return existsSync(join(root, inRepository)) ? undefined : "is not in the repository";
    if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(target)) return undefined;
    const [, path = "", anchor = ""] = /^([^?#]*)[^#]*#?(.*)$/s.exec(decodeURI(target)) ?? [];
    if (path.startsWith("/") && !path.startsWith(base)) return `is not below ${base}`;
    const place = path.startsWith("/") ? path.slice(base.length) : posix.join(posix.dirname(page), path);
    const file = path === "" ? page : fileAt(place);
    if (file === undefined) return "leads nowhere";
    if (anchor !== "" && !anchors.get(file)?.has(anchor)) return "has no such heading";
    return undefined;
  }

  /** The file that a static server answers with. */
  function fileAt(place: string): string | undefined {
    const path = place.replace(/^\.?\//, "");
    const candidates = path === "" || path.endsWith("/") ? [`${path}index.html`] : [path, `${path}.html`];
    return candidates.find((candidate) => all.has(candidate));
  }
}

function attributes(html: string, name: string): string[] {
  return [...html.matchAll(new RegExp(`<[a-z][^>]*?\\s${name}="([^"]*)"`, "g"))].map(([, value = ""]) =>
    value.replaceAll("&amp;", "&"),
  );
}

function foreign(text: string, pattern: RegExp, path: string): string[] {
  return [...text.matchAll(pattern)]
    .map((match) => match[1] ?? match[2] ?? "")
    .filter((target) => !target.startsWith("data:"))
    .map((target) => `${path}: would load ${target} from another host`);
}
