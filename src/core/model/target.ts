/** The clients that an operation names. Plain data, the same in every process. */

/** Clients of one namespace. */
export interface Target {
  readonly namespace: string;
  /** The sid of the one client; `null` where `rooms` name the clients. */
  readonly sid: string | null;
  /** Rooms and public ids; `null` for the whole namespace. */
  readonly rooms: readonly string[] | null;
  /** Sids of clients that are left out, and rooms whose members are. */
  readonly skip: readonly string[] | null;
}

/** All clients of a namespace. */
export function everyoneIn(namespace: string): Target {
  return { namespace, sid: null, rooms: null, skip: null };
}

/** One client; an empty target for `undefined`. */
export function clientIn(namespace: string, sid: string | undefined): Target {
  return sid === undefined
    ? { namespace, sid: null, rooms: [], skip: null }
    : { namespace, sid, rooms: null, skip: null };
}
