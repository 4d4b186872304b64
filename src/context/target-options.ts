/** The options that name clients, and the clients that they mean. */

import { RoomcastError } from "../base/errors.ts";
import {
  booleanOption,
  checkOptions,
  type Hint,
  isPlainObject,
  type OptionTable,
  option,
} from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import { isNamespaceName } from "../core/model/namespace-name.ts";
import { clientIn, type Target } from "../core/model/target.ts";
import type { Socket } from "../core/socket/socket.ts";
import type { Definite } from "./definite-options.ts";

/** {@link TargetOptions} as a program has them that is compiled with `exactOptionalPropertyTypes`. */
export interface ExactTargetOptions {
  /** Rooms or clients (by their sid): one, or a list. A client in several of them counts once. */
  to?: string | readonly string[];
  /** One client (by its sid), and no room of the same name. */
  sid?: string;
  /** Every client of the namespace, instead of the one whose event is being handled. Default `false`. */
  broadcast?: boolean | undefined;
  /** Whether the client whose event is being handled is among them, if it would be. Default `true`. */
  includeSelf?: boolean | undefined;
  /** Clients (by their sid) that are left out. */
  skipSid?: string | readonly string[];
  /** The namespace. Default: that of the event being handled, outside of handlers `"/"`. */
  namespace?: string;
}

/** Which clients. */
export type TargetOptions = Definite<ExactTargetOptions>;

/** Which clients and namespace a function acts on instead of the current ones. */
export type ClientOptions = TargetOptions;

/** Which namespace an operation concerns. */
export type NamespaceName = Definite<Pick<ExactTargetOptions, "namespace">>;

/** {@link OneClientOptions} as a program has them that is compiled with `exactOptionalPropertyTypes`. */
export interface ExactOneClientOptions {
  /** The client (by its sid). Default: the one whose event is being handled. */
  sid?: string;
  /** The namespace. Default: that of the event being handled. */
  namespace?: string;
}

/** Which client a function looks at instead of the current one. */
export type OneClientOptions = Definite<ExactOneClientOptions>;

/** Clients that are named: one by its sid, those in rooms, or all. */
export type NamedClients = Definite<Omit<ExactTargetOptions, "namespace">> &
  ({ sid: string } | { to: string | readonly string[] } | { broadcast: true });

const isName = (value: unknown): boolean => typeof value === "string" && value !== "";

const isNames = (value: unknown): boolean => isName(value) || (Array.isArray(value) && value.every(isName));

/** One client, by its sid. */
export const sidOption = option<string | null>(null, "the sid of a client", isName, {
  definite: true,
  code: "ERR_ROOM",
  aliases: ["socketId"],
});

/** One namespace. */
export const namespaceOption = option<string>(
  "/",
  "the name of a namespace, which begins with a slash and has no comma",
  (value) => value === "" || isNamespaceName(value),
  { definite: true, code: "ERR_NAMESPACE", aliases: ["nsp"] },
);

const rooms = option<string | readonly string[] | null>(
  null,
  "the name of a room or client, or a list of names",
  isNames,
  { definite: true, code: "ERR_ROOM", aliases: ["room", "rooms", "in"] },
);

/** The table of {@link TargetOptions}. */
export const targetOptions = {
  to: rooms,
  sid: sidOption,
  broadcast: booleanOption(false),
  includeSelf: booleanOption(true),
  skipSid: option<string | readonly string[]>([], "the sid of a client, or a list of sids", isNames, {
    definite: true,
    code: "ERR_ROOM",
    aliases: ["except", "skipSids"],
  }),
  namespace: namespaceOption,
} as const;

/** The table of {@link OneClientOptions}. */
export const oneClientOptions = { sid: sidOption, namespace: namespaceOption } as const;

/** The table of functions that need no more than the namespace. */
export const inNamespaceOptions = { namespace: namespaceOption } as const;

/** What functions that run for each message take for options that are not given. */
export const noOptions = Object.freeze({});

/**
 * Checks options as {@link checkOptions} does, for functions that run for each message: the options that nearly all of them
 * get need no look at the table.
 */
export function checkTargets(table: OptionTable, given: unknown, what: string, hint: Hint = nameHint): void {
  if (given === noOptions || (isPlainObject(given) && areFrequent(table, given))) return;
  checkOptions(table, given, what, hint);
}

/** Whether options are right and no others than the most frequent ones. Of any others the table has to say it. */
function areFrequent(
  { to, sid, broadcast, includeSelf, namespace, volatile }: OptionTable,
  given: Readonly<Record<string, unknown>>,
): boolean {
  for (const name in given) {
    const value = given[name];
    switch (name) {
      case "to":
        if (to === undefined || typeof value !== "string" || value === "") return false;
        break;
      case "sid":
        if (sid === undefined || typeof value !== "string" || value === "") return false;
        break;
      case "broadcast":
        if (broadcast === undefined || typeof value !== "boolean") return false;
        break;
      case "includeSelf":
        if (includeSelf === undefined || typeof value !== "boolean") return false;
        break;
      case "namespace":
        if (namespace === undefined || !isNamespaceName(value)) return false;
        break;
      case "volatile":
        if (volatile === undefined || typeof value !== "boolean") return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** Users of other libraries give a client, or a namespace, without saying that it is one. */
export const nameHint: Hint = (given) => {
  if (typeof given !== "string") return undefined;
  return `Did you mean { ${given.startsWith("/") ? "namespace" : "sid"}: ${quoted(given)} }?`;
};

/** The namespace that an option names: `""` is `"/"`, as in Flask-SocketIO. */
export function namespaceOr<Name>(given: Name | undefined, fallback: Name | string): Name | string {
  if (given === undefined) return fallback;
  return given === "" ? "/" : given;
}

/**
 * The clients that options mean, which are checked already.
 *
 * @param what - the function's name, for messages
 * @param options - the caller's options
 * @param namespace - the namespace that is meant
 * @param origin - the client whose event is being handled, if any
 * @param everyone - whether all clients of the namespace are meant where none is named, rather than `origin`
 * @throws {@link RoomcastError} `ERR_OPTION` where one client is named beside others
 */
export function targetOf(
  what: string,
  options: ExactTargetOptions,
  namespace: string,
  origin: Socket | null,
  everyone: boolean,
): Target {
  const { to, sid, broadcast, includeSelf, skipSid } = options;
  const self = origin === null ? undefined : socketIn(origin, namespace);
  let skip: readonly string[] | null = null;
  if (skipSid !== undefined) skip = listOf(skipSid);
  if (includeSelf === false && self !== undefined) skip = [...(skip ?? []), ...idsOf(self)];
  if (sid !== undefined) {
    if (to !== undefined || broadcast === true) {
      throw new RoomcastError("ERR_OPTION", `${what} takes either { sid } or { to }, not both.`);
    }
    return { namespace, sid, rooms: null, skip };
  }
  if (to !== undefined) return { namespace, sid: null, rooms: listOf(to), skip };
  if (everyone || broadcast === true) return { namespace, sid: null, rooms: null, skip };
  return { ...clientIn(namespace, self?.address), skip };
}

/** The same client in a namespace that may be another one. */
function socketIn(socket: Socket, namespace: string): Socket | undefined {
  return namespace === socket.namespace ? socket : socket.client.socketIn(namespace);
}

/** The ids that a client may have in the end. */
function idsOf({ sid, address }: Socket): readonly string[] {
  return sid === address ? [sid] : [sid, address];
}

function listOf(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}
