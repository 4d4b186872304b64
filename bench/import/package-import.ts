/** Imports one package in a fresh process, and weighs the tarball. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What one import took. */
export interface PackageImport {
  /** From the call of `import()` to its result, in ms. */
  readonly milliseconds: number;
  /** The heap that is in use after a collection, and what lies outside of it, in bytes. */
  readonly heap: number;
  /** The process's memory, in bytes. */
  readonly rss: number;
}

/** Runs in the fresh process. */
const program = `
const start = process.hrtime.bigint();
await import(process.argv[1]);
const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
for (let run = 0; run < 3; run += 1) gc();
const { heapUsed, external, rss } = process.memoryUsage();
process.stdout.write(JSON.stringify({ milliseconds, heap: heapUsed + external, rss }));
`;

/**
 * Imports a package, as a program in this repository would.
 *
 * @throws Error with what the process printed, where the import fails
 */
export function measureImport(name: string): PackageImport {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--input-type=module", "--eval", program, "--", name],
    { cwd: root, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`import("${name}") failed: ${stderr}`);
  return JSON.parse(stdout) as PackageImport;
}

/** The size of the package's tarball as it is now, in bytes. */
export function tarballSize(): number {
  const { status, stdout, stderr } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const [{ size } = { size: Number.NaN }] = JSON.parse(stdout) as { size: number }[];
  return size;
}
