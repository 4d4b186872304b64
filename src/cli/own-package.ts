/** The manifest of the package that this program belongs to. */

import { existsSync, readFileSync } from "node:fs";

/** The parts that are read. */
export interface OwnPackage {
  readonly version: string;
  /** What it is tested with. */
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Reads the manifest: in the package it stands above `dist/cli/`, in the repository above `src/cli/`. */
export function ownPackage(): OwnPackage {
  const url = new URL("../../package.json", import.meta.url);
  if (!existsSync(url)) throw new Error("The package has no manifest: install roomcast again.");
  const { version, devDependencies = {} } = JSON.parse(readFileSync(url, "utf8")) as Partial<OwnPackage>;
  if (version === undefined) throw new Error("The package's own version is not known.");
  return { version, devDependencies };
}
