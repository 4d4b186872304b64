/** The lines that were typed at earlier prompts, without those that hold secrets. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The most lines that are kept. */
const mostLines = 500;

/** A file of lines, newest first. */
export class PromptHistory {
  readonly #path: string | undefined;
  readonly lines: readonly string[];

  /** @param path - the file; `undefined` where nothing is kept */
  constructor(path: string | undefined) {
    this.#path = path;
    this.lines = path === undefined ? [] : readLines(path);
  }

  /**
   * Stores the lines; only its owner may read the file.
   *
   * @param lines - newest first
   */
  store(lines: readonly string[]): void {
    if (this.#path === undefined) return;
    const kept = lines.filter((line) => !holdsSecret(line)).slice(0, mostLines);
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(this.#path, `${kept.join("\n")}\n`, { mode: 0o600 });
    } catch {
      // Without a folder to write to there is no history, which is no reason to fail.
    }
  }
}

/** Where the history of this user is. */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home, LOCALAPPDATA: local } = env;
  const folder = state ?? local ?? (home === undefined ? undefined : join(home, ".local/state"));
  return folder === undefined ? undefined : join(folder, "roomcast", "history");
}

/** `auth` and `namespace` come with tokens. */
function holdsSecret(line: string): boolean {
  return /^\s*(?:auth|namespace)\b.*\{/.test(line);
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    // There is none yet.
    return [];
  }
}
