/**
 * Makes the pages of the package link to the project's page, since the documents are not in the package. npm
 * runs it around `npm pack`:
 *
 *     node scripts/packed-pages.mjs prepack    rewrites the links, and keeps the pages as they were
 *     node scripts/packed-pages.mjs postpack   puts the pages back
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const kept = join(root, "node_modules/.cache/packed-pages");
const repository = "https://github.com/roomcast/roomcast";

/** The pages of the package that link to files of the repository. */
export const packedPages = ["README.md", "CHANGELOG.md"];

/**
 * Turns relative links into links to the project's page, and relative images into their files there.
 *
 * @param {string} markdown - a page at the top of the repository
 * @returns {string}
 */
export function withAbsoluteLinks(markdown) {
  return markdown.replaceAll(/(!?)(\[[^\]]*\]\()(?![a-z]+:|#|\/)([^)\s]+)/g, (_link, image, text, path) =>
    image ? `!${text}${repository}/raw/main/${path}` : `${text}${repository}/blob/main/${path}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , command] = process.argv;
  if (command !== "prepack" && command !== "postpack") {
    console.error("usage: node scripts/packed-pages.mjs prepack|postpack");
    process.exit(1);
  }
  putBack();
  if (command === "prepack") rewrite();
}

function rewrite() {
  mkdirSync(kept, { recursive: true });
  for (const page of packedPages) {
    const text = readFileSync(join(root, page), "utf8");
    writeFileSync(join(kept, page), text);
    writeFileSync(join(root, page), withAbsoluteLinks(text));
  }
}

/** Also after a run that was interrupted. A page that was edited since then stays as it is. */
function putBack() {
  for (const page of packedPages) {
    const copy = join(kept, page);
    if (!existsSync(copy)) continue;
    const text = readFileSync(copy, "utf8");
    if (readFileSync(join(root, page), "utf8") === withAbsoluteLinks(text))
      renameSync(copy, join(root, page));
  }
}
