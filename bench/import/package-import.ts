/** Imports a package in a fresh process, and measures the size of the tarball. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The cost of one import. */
export interface PackageImport {
  /** The time from the call of `import()` to its result, in ms. */
  readonly milliseconds: number;
  /** The processor time of the process between both, in ms: other programs hardly disturb it. */
  readonly processor: number;
  /** Used heap after garbage collection, and memory outside the heap, in bytes. */
  readonly heap: number;
  /** The resident memory of the process, in bytes. */
  readonly rss: number;
}

/**
 * The program of the fresh process. It asks for `gc` after the import: with `--expose-gc` on the command
 * line, Node does not use the compiled code of its own modules, which adds 7 ms to every import.
 */
const program = `
const before = process.cpuUsage();
const start = process.hrtime.bigint();
await import(process.argv[1]);
const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
const { user, system } = process.cpuUsage(before);
const processor = (user + system) / 1e3;
const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import("node:v8"), import("node:vm")]);
setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
for (let run = 0; run < 3; run += 1) gc();
const { heapUsed, external, rss } = process.memoryUsage();
process.stdout.write(JSON.stringify({ milliseconds, processor, heap: heapUsed + external, rss }));
`;

/**
 * Imports a package, as a program in this repository would.
 *
 * @param name - the package
 * @param node - the path of the Node that runs the process
 * @throws Error with the output of the process, if the import fails
 */
export function measureImport(name: string, node: string): PackageImport {
  const { status, stdout, stderr } = spawnSync(node, ["--input-type=module", "--eval", program, "--", name], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`import("${name}") failed: ${stderr}`);
  return JSON.parse(stdout) as PackageImport;
}

/** The current size of the package's tarball, in bytes. */
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
