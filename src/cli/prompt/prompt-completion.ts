/** Completes lines of the prompt: commands, events that were seen, namespaces, and files behind `@`. */

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promptCommands } from "./prompt-command.ts";

/** What a prompt has seen so far. */
export interface SeenNames {
  readonly events: ReadonlySet<string>;
  readonly namespaces: Iterable<string>;
}

/**
 * What a line may go on with.
 *
 * @returns the candidates, and the part of the line that they replace, as `node:readline` wants it
 */
export function completeLine(line: string, seen: SeenNames): [string[], string] {
  const parts = line.split(/\s/);
  const last = parts.at(-1) ?? "";
  const words = [...parts.slice(0, -1).filter(Boolean), last];
  const candidates = words.length <= 1 ? Object.keys(promptCommands) : valuesOf(words, last, seen);
  return [candidates.filter((name) => name.startsWith(last)).map((name) => withSpace(name)), last];
}

function valuesOf([command, ...rest]: readonly string[], last: string, seen: SeenNames): string[] {
  if (last.startsWith("@")) return filesLike(last.slice(1)).map((path) => `@${path}`);
  if (rest.length > 1) return [];
  switch (command) {
    case "emit":
    case "call":
    case "wait":
      return [...seen.events].map((event) => (/\s/.test(event) ? `'${event}'` : event));
    case "namespace":
    case "leave":
      return [...seen.namespaces];
    default:
      return [];
  }
}

function filesLike(path: string): string[] {
  const folder = path.endsWith("/") ? path : dirname(path);
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => {
      const shown = path.includes("/") ? join(folder, entry.name) : entry.name;
      return entry.isDirectory() ? `${shown}/` : shown;
    });
  } catch {
    // The folder is not there yet: the person is still typing.
    return [];
  }
}

/** A finished word is followed by the next one. */
function withSpace(name: string): string {
  return name.endsWith("/") ? name : `${name} `;
}
