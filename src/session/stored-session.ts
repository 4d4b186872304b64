/**
 * What sessions in a server-side store have in common: load afresh, apply, save, one writer at a time. It
 * knows no library: each one's file says how to load and to save.
 */

import { RoomcastError } from "../base/errors.ts";
import { errorText, isInstance } from "../base/foreign-value.ts";
import { quoted } from "../base/printable.ts";
import type { KeyedQueue } from "../base/queue/keyed-queue.ts";
import type { HttpSession } from "./http-session.ts";

/** One session as it stands in the store at this moment. */
export interface StoredSession {
  /** The data, without the library's bookkeeping. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Applies the changes to what was loaded, prolongs the session as a request would, and saves it. */
  save(changed: Readonly<Record<string, unknown>>, removed: readonly string[]): Promise<void>;
}

/** An HTTP session whose data a store of the server keeps. */
export class StoredHttpSession implements HttpSession {
  readonly #library: string;
  readonly #id: string;
  readonly #order: KeyedQueue;
  readonly #load: () => Promise<StoredSession | undefined>;

  /**
   * @param library - the name for error messages
   * @param id - what tells this session from others of the same store
   * @param order - shared by all sessions of the same store
   * @param load - reads the session from its store; `undefined` if it is not there (any more)
   */
  constructor(
    library: string,
    id: string,
    order: KeyedQueue,
    load: () => Promise<StoredSession | undefined>,
  ) {
    this.#library = library;
    this.#id = id;
    this.#order = order;
    this.#load = load;
  }

  async read(): Promise<Record<string, unknown>> {
    return sessionErrors(`${this.#library} could not read the session`, async () => {
      const stored = await this.#load();
      return stored === undefined ? {} : structuredClone(stored.data);
    });
  }

  async write(changed: Readonly<Record<string, unknown>>, removed: readonly string[]): Promise<void> {
    return this.#order.run(this.#id, () =>
      sessionErrors(`${this.#library} could not save the session`, async () => {
        const stored = await this.#load();
        if (stored === undefined) throw noSession();
        await stored.save(changed, removed);
      }),
    );
  }
}

/** The session of a visitor without a cookie: empty, and never written. */
export const absentSession: HttpSession = {
  read: async () => ({}),
  write: async () => {
    throw noSession();
  },
};

/**
 * Runs `task`; whatever it throws leaves as an `ERR_SESSION` with `failure` as its message and the cause
 * attached.
 */
export async function sessionErrors<Result>(failure: string, task: () => Promise<Result>): Promise<Result> {
  try {
    return await task();
  } catch (cause) {
    if (isInstance(cause, RoomcastError)) throw cause;
    throw new RoomcastError("ERR_SESSION", `${failure}: ${errorText(cause)}`, { cause });
  }
}

/**
 * Applies changes to a library's session object, which holds its methods and bookkeeping beside the data.
 *
 * @param isBookkeeping - names the enumerable keys that are the library's; its methods and prototype are kept
 *   in any case
 * @throws RoomcastError `ERR_SESSION` if a key is the library's own; nothing is applied then
 */
export function applyChanges(
  session: Record<string, unknown>,
  changed: Readonly<Record<string, unknown>>,
  removed: readonly string[],
  isBookkeeping: (key: string) => boolean,
): void {
  for (const key of [...Object.keys(changed), ...removed]) {
    const isData = Object.getOwnPropertyDescriptor(session, key)?.enumerable ?? !(key in session);
    if (isData && !isBookkeeping(key)) continue;
    throw new RoomcastError(
      "ERR_SESSION",
      `${quoted(key)} cannot be a key of the session: it is the library's own.`,
    );
  }
  for (const key of removed) delete session[key];
  Object.assign(session, changed);
}

function noSession(): RoomcastError {
  return new RoomcastError(
    "ERR_SESSION",
    "The visitor has no HTTP session to write to: it has ended (logout, expiry), or the handshake came without one. " +
      "Begin it in an HTTP request, whose response can set its cookie, and let the client connect after that.",
  );
}
