/** A store of express-session in a file, so that a restart logs no one out. Any other store does, too. */

import { type SessionData, Store } from "express-session";
import type { FileMap } from "./file-map.ts";

export class FileSessions extends Store {
  readonly #sessions: FileMap<SessionData>;

  constructor(sessions: FileMap<SessionData>) {
    super();
    this.#sessions = sessions;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const session = this.#sessions.get(id);
    const { expires } = session?.cookie ?? {};
    const isOver = expires && new Date(expires).getTime() < Date.now();
    if (isOver) this.#sessions.delete(id);
    callback(null, isOver ? null : session);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    // What JSON makes of it: the cookie of the live session has methods.
    this.#sessions.set(id, JSON.parse(JSON.stringify(session)));
    callback?.();
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#sessions.delete(id);
    callback?.();
  }
}
