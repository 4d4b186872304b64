/** The part of the report about importing and downloading the package. */

import type { Imports } from "../compare/results.ts";
import { judge, targets } from "../import/import-targets.ts";
import { formatTable } from "./text.ts";

/** What an import costs next to socket.io's, and how large the package is. */
export function importSection(imports: Imports): string {
  const verdicts = judge(imports, targets);
  const table = formatTable(
    ["", "Roomcast", "socket.io", "ratio, or size", "target", ""],
    verdicts.map(({ name, ours, theirs, value, bound, isMet }) => [
      name,
      ours,
      theirs,
      value,
      `≤ ${bound}`,
      isMet ? "✓" : "✗",
    ]),
  );
  return `## Import

\`import("roomcast")\` and \`import("socket.io")\` in fresh processes, in turns: medians of ${imports.rounds} rounds. The heap is what is used after
a garbage collection; the process is its resident memory.

${table}`;
}
