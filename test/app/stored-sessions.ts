/**
 * HTTP sessions in memory, one for each value of the cookie header, whose store is as slow and as broken as a
 * test wants.
 */

import type { HttpSession, HttpSessions, SessionRequest } from "roomcast";

/** A source of HTTP sessions. */
export class StoredSessions implements HttpSessions {
  readonly name = "a store of a test";
  readonly writable = true;
  /** The data by visitor. */
  readonly data = new Map<string, Record<string, unknown>>();
  /** Called before each access; it may take its time, or throw. */
  beforeOpen: () => unknown = () => {};
  beforeRead: () => unknown = () => {};
  beforeWrite: () => unknown = () => {};

  async open({ headers }: SessionRequest): Promise<HttpSession> {
    await this.beforeOpen();
    const visitor = String(headers.cookie ?? "nobody");
    return {
      read: async () => {
        await this.beforeRead();
        return structuredClone(this.data.get(visitor) ?? {});
      },
      write: async (changed, removed) => {
        await this.beforeWrite();
        const data = { ...this.data.get(visitor), ...changed };
        for (const key of removed) delete data[key];
        this.data.set(visitor, data);
      },
    };
  }
}
