/** Tells of changed programs in a folder, and in those below it. Installed packages are not watched. */

import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { CommandFailure, exitCodes } from "../exit-code.ts";

/** Folders that hold installed packages, or what programs have made. */
const otherFolders: ReadonlySet<string> = new Set(["node_modules", "dist", "build", "coverage"]);
/**
 * Files of servers. Pages with JSX are not among them, since Vite brings them to the browser by itself, nor
 * data, which programs write themselves.
 */
const programs = /(?:\.[cm]?[jt]s|^\.env(?:\.\w+)?)$/;
/** Editors write a file in several steps, in ms. */
const settling = 100;

/** Gets what happens. */
export interface FolderWatchOwner {
  /** One or more files have changed; the path of the first one. */
  changed(path: string): void;
  failed(error: Error): void;
}

/** See the head of this file. */
export class FolderWatch {
  readonly #owner: FolderWatchOwner;
  readonly #watchers = new Map<string, FSWatcher>();
  /** When files were written last. */
  readonly #times = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** Begins to watch. */
  constructor(folder: string, owner: FolderWatchOwner) {
    this.#owner = owner;
    this.#add(folder);
  }

  /** Watches nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    let watcher: FSWatcher;
    try {
      watcher = watch(folder, (_event, name) => {
        if (name !== null) this.#look(join(folder, name), name);
      });
    } catch (error) {
      this.#owner.failed(watchFailure(error));
      return;
    }
    this.#watchers.set(folder, watcher);
    // A folder that is gone.
    watcher.on("error", () => this.#remove(folder));
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && isWatched(entry.name)) this.#add(path);
      if (entry.isFile() && programs.test(entry.name)) this.#times.set(path, timeOf(path) ?? 0);
    }
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #look(path: string, name: string): void {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) {
      if (isWatched(name)) this.#add(path);
      return;
    }
    if (!programs.test(name) || stats?.mtimeMs === this.#times.get(path)) return;
    if (stats === undefined) this.#times.delete(path);
    else this.#times.set(path, stats.mtimeMs);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#owner.changed(path);
    }, settling);
  }
}

function isWatched(name: string): boolean {
  return !otherFolders.has(name) && !name.startsWith(".");
}

function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function watchFailure(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === "ENOSPC" ? "the system watches too many folders already" : message;
  return new CommandFailure(exitCodes.refused, `The folder cannot be watched: ${reason}.`);
}
