/**
 * The connection of a server on Node or Bun to the benchmark. The server prints one line of JSON when it
 * listens, answers commands that arrive as lines, and ends when its standard input closes.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Whether the scenario is one of compressed messages. */
export const compresses = process.env.ROOMCAST_BENCH_COMPRESS === "1";

/**
 * @param {number} port - the port of the server
 * @param {readonly string[]} versions - the versions in use, such as `"ws 8.23.0"`
 */
export function announce(port, versions) {
  const runtime =
    globalThis.Bun === undefined ? `Node ${process.versions.node}` : `Bun ${globalThis.Bun.version}`;
  say({ port, versions: [...versions, runtime] });
  const commands = createInterface({ input: process.stdin });
  commands.on("line", (command) => answer(command));
  commands.on("close", () => process.exit(0));
}

/**
 * The name and version of an installed package.
 *
 * @param {string} name
 * @param {string} [from] - the package whose dependencies are searched first
 */
export function versionOf(name, from) {
  const packages = fileURLToPath(new URL("../node_modules", import.meta.url));
  const candidates = from === undefined ? [] : [join(packages, from, "node_modules", name)];
  for (const folder of [...candidates, join(packages, name)]) {
    try {
      return `${name} ${JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version}`;
    } catch {
      // Not there: try the next place.
    }
  }
  return `${name} (not found near ${dirname(packages)})`;
}

async function answer(command) {
  if (command === "memory") {
    await collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    say({ rss, heap: heapUsed + external });
  } else if (command === "cpu") {
    say(process.cpuUsage());
  }
}

/** Collects twice, with a pause: the first run can leave objects that only the second one frees. */
async function collectGarbage() {
  for (let time = 0; time < 2; time += 1) {
    if (globalThis.Bun !== undefined) globalThis.Bun.gc(true);
    else globalThis.gc?.();
    await sleep(100);
  }
}

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
