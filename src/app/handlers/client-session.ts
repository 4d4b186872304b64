/** A client's session: its own copy of the visitor's HTTP session, or that session itself. */

import { dataFrom, emptyData } from "../../base/bare-data.ts";
import { RoomcastError } from "../../base/errors.ts";
import { quoted } from "../../base/printable.ts";
import type { ClientSession, SessionScope } from "../../core/ports.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { EngineRequest } from "../../engine/ports.ts";
import type { HttpSession, HttpSessions } from "../../session/http-session.ts";

/**
 * A session that is private to the client (`manageSession: true`). It begins as a copy of the HTTP session at
 * connect and lives as long as the connection, or until a lost client has not come back in time.
 */
export class PrivateSession implements ClientSession {
  readonly isPrivate = true;
  #scope: SessionScope | null = null;
  readonly #opening: Promise<SessionScope> | null;
  /** Returns the HTTP session as it was at connect: handlers change the copy. */
  #origin: (() => Record<string, unknown>) | null = null;

  /** @param http - the visitor's HTTP session; `null` where the server has no HTTP sessions */
  constructor(http: Promise<HttpSession> | null) {
    this.#opening =
      http === null
        ? null
        : http
            .then((session) => session.read())
            .then((data) => {
              this.#origin = keep(data);
              return this.#scope ?? this.#keep(dataFrom(data));
            });
    // The first handler gets the error; until then it must not count as unhandled.
    this.#opening?.catch(() => {});
  }

  begin(): SessionScope | Promise<SessionScope> {
    return this.#scope ?? this.#opening ?? this.#keep(null);
  }

  snapshot(): Record<string, unknown> | null {
    return this.#scope?.data ?? null;
  }

  replace(data: Record<string, unknown>): void {
    this.#keep(dataFrom(data));
  }

  origin(): Record<string, unknown> | null | Promise<Record<string, unknown>> {
    if (this.#opening === null) return null;
    return this.#origin?.() ?? this.#opening.then(() => this.#origin?.() ?? {});
  }

  #keep(data: Record<string, unknown> | null): SessionScope {
    this.#scope = new PrivateScope(data);
    return this.#scope;
  }
}

/** A private session as handlers see it. */
class PrivateScope implements SessionScope {
  #data: Record<string, unknown> | null;

  constructor(data: Record<string, unknown> | null) {
    this.#data = data;
  }

  /** Made on first use: most clients of many applications never use their sessions. */
  get data(): Record<string, unknown> {
    this.#data ??= emptyData();
    return this.#data;
  }

  end(): void {}
}

/**
 * The HTTP session itself (`manageSession: false`): read before each handler, and saved after it where it
 * changed.
 */
export class SharedSession implements ClientSession {
  readonly isPrivate = false;
  readonly #http: Promise<HttpSession>;
  /** See {@link ClientSession.origin}; `null` before its first use. */
  #origin: Record<string, unknown> | null = null;

  /** @param http - the visitor's HTTP session */
  constructor(http: Promise<HttpSession>) {
    this.#http = http;
    this.#http.catch(() => {});
  }

  snapshot(): null {
    return null;
  }

  replace(): void {}

  origin(): Record<string, unknown> | Promise<Record<string, unknown>> {
    return this.#origin ?? this.#readOrigin();
  }

  async #readOrigin(): Promise<Record<string, unknown>> {
    const http = await this.#http;
    const data = await http.read();
    this.#origin ??= data;
    return this.#origin;
  }

  async begin(): Promise<SessionScope> {
    const http = await this.#http;
    const data = dataFrom(await http.read());
    const before = new Map(Object.entries(data).map(([key, value]) => [key, stringify(key, value)]));
    return {
      data,
      end: async () => {
        const changed = emptyData();
        for (const [key, value] of Object.entries(data)) {
          if (before.get(key) !== stringify(key, value)) changed[key] = value;
        }
        const removed = [...before.keys()].filter((key) => !Object.hasOwn(data, key));
        if (removed.length === 0 && Object.keys(changed).length === 0) return;
        await http.write(changed, removed);
        if (this.#origin === null) return;
        const origin = Object.entries({ ...this.#origin, ...keep(changed)() });
        this.#origin = Object.fromEntries(origin.filter(([key]) => !removed.includes(key)));
      },
    };
  }
}

/** The options that say which session a client has. */
export interface ClientSessionOptions {
  readonly session: HttpSessions | null;
  readonly manageSession: boolean;
}

/**
 * Chooses the kind of session that clients have.
 *
 * @returns opens the session of a new client
 * @throws {@link RoomcastError} `ERR_OPTION` where handlers would use the HTTP session itself and cannot
 *   write it
 */
export function sessionOpener({
  session,
  manageSession,
}: ClientSessionOptions): (request: EngineRequest) => ClientSession {
  if (session === null) {
    if (manageSession) return () => new PrivateSession(null);
    throw new RoomcastError(
      "ERR_OPTION",
      "manageSession: false needs to know where HTTP sessions are: { session: expressSession(middleware) }, say.",
    );
  }
  // An error that the library throws at once belongs to the promise, too.
  const open = (request: EngineRequest) => Promise.resolve().then(() => session.open(request));
  if (manageSession) return (request) => new PrivateSession(open(request));
  if (session.writable) return (request) => new SharedSession(open(request));
  throw new RoomcastError(
    "ERR_OPTION",
    `manageSession: false does not go with ${session.name}: it keeps the session in the visitor's cookie, which a socket cannot change. Use manageSession: true, or a library with a store.`,
  );
}

/** Keeps data as it is now. */
function keep(data: Record<string, unknown>): () => Record<string, unknown> {
  try {
    const text = JSON.stringify(data);
    return () => JSON.parse(text) as Record<string, unknown>;
  } catch {
    // An application's own session source may return values that JSON cannot hold. The comparison reports
    // that.
    return () => ({ ...data });
  }
}

/** The value as stores keep it. Values that are equal in this form need not be saved. */
function stringify(key: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new RoomcastError("ERR_SESSION", `The session's ${quoted(key)} cannot be saved: it is no JSON.`, {
      cause,
    });
  }
}

/** Whether a client's session is open already, and nothing of the client waits for its turn. */
export function isReady({ session, sequence }: Socket): boolean {
  // A shared session is read each time that it is opened.
  return session.isPrivate && sequence.isIdle && !(session.begin() instanceof Promise);
}
