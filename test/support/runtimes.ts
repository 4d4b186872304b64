/** The other runtimes on which the tests run servers. `npm test` finds them, and skips missing ones. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A runtime. */
export interface Runtime {
  readonly name: string;
  /** The path of its program; `undefined` if the tests run without it. */
  readonly path: string | undefined;
  /** The arguments that it needs to run TypeScript. */
  readonly arguments: readonly string[];
}

/** Bun. */
export const bun: Runtime = {
  name: "Bun",
  path: found("BUN", "node_modules/@oven", "bin/bun"),
  arguments: [],
};

/** The current LTS version of Node. */
export const nodeLts = nodeVersion(24);

/** The other supported versions of Node. */
export const otherNodes = [nodeVersion(22), nodeLts, nodeVersion(26)].filter(
  ({ name }) => !process.version.startsWith(`v${name.replace("Node ", "")}.`),
);

function nodeVersion(major: number): Runtime {
  return {
    name: `Node ${major}`,
    path: found(`NODE_${major}`, "test/runtime/nodes/node_modules", "bin/node", `node-${major}-`),
    arguments: ["--import", "tsx"],
  };
}

/** The path of a program: from its variable, or from npm's package for this platform. */
function found(variable: string, folder: string, binary: string, prefix = ""): string | undefined {
  if (process.env[`ROOMCAST_SKIP_${variable}`] === "1") return undefined;
  const packages = join(root, folder);
  const installed = existsSync(packages) ? readdirSync(packages) : [];
  const paths = installed
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(packages, name, binary));
  return process.env[variable] ?? paths.find(existsSync);
}
