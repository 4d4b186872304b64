/** New projects with the packages of this repository, so that nothing is downloaded. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "./command-line.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A project on the disk. */
export interface MadeProject {
  readonly folder: string;
  remove(): void;
}

/** Makes a project with `roomcast init`, and links packages, with this one as `roomcast`. */
export async function makeProject(template: string): Promise<MadeProject> {
  const parent = mkdtempSync(join(tmpdir(), "roomcast-init-"));
  const folder = join(parent, "chat");
  const { code, errors } = await runCommandLine(["init", folder, "--template", template]);
  if (code !== 0) throw new Error(errors);
  const packages = join(folder, "node_modules");
  mkdirSync(packages);
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== ".vite" && name !== ".bin")
      symlinkSync(join(root, "node_modules", name), join(packages, name));
  symlinkSync(root, join(packages, "roomcast"));
  mkdirSync(join(packages, ".bin"));
  for (const name of ["tsc", "tsx", "vite"])
    symlinkSync(join(root, "node_modules/.bin", name), join(packages, ".bin", name));
  return { folder, remove: () => rmSync(parent, { recursive: true }) };
}
