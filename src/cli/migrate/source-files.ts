/** Finds the programs of a project: not those of installed packages, and no more than can be read at once. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** One file of a project. */
export interface SourceFile {
  /** From the folder of the project, with slashes. */
  readonly path: string;
  readonly kind: "javascript" | "python" | "page" | "manifest";
  readonly text: string;
}

/** What was found. */
export interface FoundFiles {
  readonly files: readonly SourceFile[];
  /** Files that are too large, or beyond the most that are read. */
  readonly skipped: number;
}

/** The most files that are read. */
const mostFiles = 20_000;
/** A larger file was made by a program, in bytes. */
const largestFile = 1_000_000;

/** Folders that hold installed packages, or what programs have made. */
const otherFolders: ReadonlySet<string> = new Set([
  ...["node_modules", "bower_components", "dist", "build", "out", "coverage", "vendor"],
  ...["__pycache__", "venv", "env", "site-packages"],
]);

const kindOfEnd: Readonly<Record<string, SourceFile["kind"]>> = {
  ...{ js: "javascript", mjs: "javascript", cjs: "javascript", jsx: "javascript" },
  ...{ ts: "javascript", mts: "javascript", cts: "javascript", tsx: "javascript" },
  py: "python",
  ...{ html: "page", htm: "page", ejs: "page", hbs: "page", pug: "page", vue: "page", svelte: "page" },
};

/** Reads the programs of a folder. Links are not followed. */
export function findSourceFiles(folder: string): FoundFiles {
  const files: SourceFile[] = [];
  let skipped = 0;
  const visit = (inner: string) => {
    const entries = readdirSync(join(folder, inner), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = inner === "" ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory() && !otherFolders.has(entry.name) && !entry.name.startsWith(".")) visit(path);
      if (!entry.isFile()) continue;
      const kind = kindOf(entry.name);
      if (kind === undefined) continue;
      const isSmall = statSync(join(folder, path)).size <= largestFile && !/\.min\.\w+$/.test(path);
      if (!isSmall || files.length >= mostFiles) skipped += 1;
      else files.push({ path, kind, text: readFileSync(join(folder, path), "utf8") });
    }
  };
  visit("");
  return { files, skipped };
}

function kindOf(name: string): SourceFile["kind"] | undefined {
  if (name === "package.json") return "manifest";
  return kindOfEnd[name.slice(name.lastIndexOf(".") + 1)];
}
