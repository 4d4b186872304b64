/** The programs on the pages about moving to Roomcast. */

import { readFileSync } from "node:fs";

/** The first program of a page in a language, behind a text. */
export function programOfPage(page: string, language: string, behind: string): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const from = text.indexOf(behind);
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text.slice(from));
  if (from === -1 || found === null) throw new Error(`${page} has no program behind "${behind}".`);
  return found[1] ?? "";
}
