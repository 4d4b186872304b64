/** The options that name clients, and whom an operation concerns by them. */

import { inspect } from "node:util";
import { RoomcastError } from "../base/errors.ts";
import type { Socket } from "../core/socket.ts";
import { clientIn, type Target } from "../core/target.ts";

/** Which clients. */
export interface TargetOptions {
  /** Rooms or clients (by their sid): one, or a list. A client in several of them counts once. */
  to?: string | readonly string[] | undefined;
  /** Every client of the namespace, instead of the one whose event is being handled. Default `false`. */
  broadcast?: boolean | undefined;
  /** Whether the client whose event is being handled is among them, if it would be. Default `true`. */
  includeSelf?: boolean | undefined;
  /** Clients (by their sid) that are left out. */
  skipSid?: string | readonly string[] | undefined;
  /** The namespace. Default: that of the event being handled, outside of handlers `"/"`. */
  namespace?: string | undefined;
}

/** Which clients and namespace a function acts on instead of the current ones. */
export interface ClientOptions extends TargetOptions {
  /** The client (by its sid). Default: the one whose event is being handled. */
  sid?: string | undefined;
}

/** Clients that are named: one by its sid, those in rooms, or all. */
export type NamedClients = Omit<ClientOptions, "namespace"> &
  ({ sid: string } | { to: string | readonly string[] } | { broadcast: true });

/** The names of an interface's options, to find misspelled ones. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** The names of {@link TargetOptions}. */
export const targetOptionNames: OptionNames<TargetOptions> = {
  to: true,
  broadcast: true,
  includeSelf: true,
  skipSid: true,
  namespace: true,
};

/** The names of {@link ClientOptions}. */
export const clientOptionNames: OptionNames<ClientOptions> = { sid: true, ...targetOptionNames };

/**
 * Refuses options that do not exist: one that names a room in another way must not be taken for everybody.
 *
 * @throws {@link RoomcastError} `ERR_OPTION`
 */
export function checkOptionNames(what: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const name in options) {
    if (Object.hasOwn(known, name)) continue;
    const hint = name === "room" || name === "rooms" ? ' Did you mean "to"?' : "";
    throw new RoomcastError(
      "ERR_OPTION",
      `${what} has no option "${name}".${hint} Known options: ${Object.keys(known).join(", ")}.`,
    );
  }
}

/** The namespace that an option names: `""` is `"/"`, as in Flask-SocketIO. */
export function namespaceOr<Name>(given: Name | undefined, fallback: Name | string): Name | string {
  if (given === undefined) return fallback;
  return given === "" ? "/" : given;
}

/**
 * Whom options mean.
 *
 * @param options - the caller's options
 * @param namespace - the namespace that is meant
 * @param origin - the client whose event is being handled, if any
 * @param everyone - whether all clients of the namespace are meant where nobody is named, rather than `origin`
 * @throws {@link RoomcastError} `ERR_ROOM` for what is no name of a room or client
 */
export function targetOf(
  options: TargetOptions,
  namespace: string,
  origin: Socket | null,
  everyone: boolean,
): Target {
  const { to, broadcast, includeSelf, skipSid } = options;
  const self = origin === null ? undefined : socketIn(origin, namespace);
  let skip: readonly string[] | null = null;
  if (skipSid !== undefined) skip = namesOf("skipSid", skipSid);
  if (includeSelf === false && self !== undefined) skip = skip === null ? [self.sid] : [...skip, self.sid];
  if (to !== undefined) return { namespace, sid: null, rooms: namesOf("to", to), skip };
  if (everyone || broadcast === true) return { namespace, sid: null, rooms: null, skip };
  return { ...clientIn(namespace, self?.sid), skip };
}

/**
 * Whom options mean that may name one client.
 *
 * @param what - the function's name, for messages
 * @param options - the caller's options
 * @param namespace - the namespace that is meant
 * @param origin - the client whose event is being handled, if any
 * @param names - the options that exist
 * @throws {@link RoomcastError} `ERR_ROOM` for what is no name; `ERR_OPTION` where it is unclear who is meant, and for an
 *   option that does not exist
 */
export function clientTargetOf(
  what: string,
  options: ClientOptions,
  namespace: string,
  origin: Socket | null,
  names: Readonly<Record<string, true>> = clientOptionNames,
): Target {
  checkOptionNames(what, options, names);
  const { sid, to, broadcast } = options;
  if (sid === undefined) return targetOf(options, namespace, origin, false);
  if (to !== undefined || broadcast === true) {
    throw new RoomcastError("ERR_OPTION", `${what} takes either { sid } or { to }, not both.`);
  }
  const [name] = namesOf("sid", sid);
  return clientIn(namespace, name);
}

/** The same client in a namespace that may be another one. */
function socketIn(socket: Socket, namespace: string): Socket | undefined {
  return namespace === socket.namespace ? socket : socket.client.socketIn(namespace);
}

/**
 * The rooms or clients that an option names. What they are called often comes from a client: anything but names must
 * not be taken for "no room in particular", which is everybody.
 */
function namesOf(option: "to" | "sid" | "skipSid", given: unknown): readonly string[] {
  if (typeof given === "string" && given !== "") return [given];
  if (
    option !== "sid" &&
    Array.isArray(given) &&
    given.every((name) => typeof name === "string" && name !== "")
  )
    return given;
  throw new RoomcastError(
    "ERR_ROOM",
    `The option "${option}" takes the name of a room or client, or a list of names, not ${inspect(given, { depth: 0 })}.`,
  );
}
