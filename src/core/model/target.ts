/** Whom an operation concerns. Plain data: it means the same in every process. */

/** Clients of one namespace. */
export interface Target {
  readonly namespace: string;
  /** The one client that is meant, by its public id; `null` where `rooms` say who is. */
  readonly sid: string | null;
  /** Rooms and public ids; `null` for the whole namespace. */
  readonly rooms: readonly string[] | null;
  /** Public ids that are left out. */
  readonly skip: readonly string[] | null;
}

/** Everybody in a namespace. */
export function everyoneIn(namespace: string): Target {
  return { namespace, sid: null, rooms: null, skip: null };
}

/** One client; nobody where there is none to name. */
export function clientIn(namespace: string, sid: string | undefined): Target {
  return sid === undefined
    ? { namespace, sid: null, rooms: [], skip: null }
    : { namespace, sid, rooms: null, skip: null };
}
