/** The options that name clients, and the targets that they mean. */

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

/** {@link TargetOptions} under `exactOptionalPropertyTypes`. */
export interface ExactTargetOptions {
  /** Rooms or clients (by sid): one name or a list. A client in several of them counts once. */
  to?: string | readonly string[];
  /** One client (by sid), never a room of the same name. */
  sid?: string;
  /** Every client of the namespace instead of the one whose event is being handled. Default `false`. */
  broadcast?: boolean | undefined;
  /** Whether the client whose event is being handled may be among them. Default `true`. */
  includeSelf?: boolean | undefined;
  /**
   * Rooms, and clients by sid, to leave out: one name or a list. A client in any of these rooms is left out.
   */
  except?: string | readonly string[];
  /** Clients (by sid) to leave out, under Flask-SocketIO's name. */
  skipSid?: string | readonly string[];
  /** The namespace. Default: that of the event being handled; `"/"` outside of handlers. */
  namespace?: string;
}

/** The clients that an operation acts on. */
export type TargetOptions = Definite<ExactTargetOptions>;

/** The clients and the namespace that a function acts on, instead of the current ones. */
export type ClientOptions = TargetOptions;

/** The namespace of an operation. */
export type NamespaceName = Definite<Pick<ExactTargetOptions, "namespace">>;

/** {@link OneClientOptions} under `exactOptionalPropertyTypes`. */
export interface ExactOneClientOptions {
  /** The client (by its sid). Default: the one whose event is being handled. */
  sid?: string;
  /** The namespace. Default: that of the event being handled. */
  namespace?: string;
}

/** The client that a function reads, instead of the current one. */
export type OneClientOptions = Definite<ExactOneClientOptions>;

/** Clients: one by its sid, those in rooms, or all. */
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
  except: option<string | readonly string[]>(
    [],
    "the name of a room or client, or a list of names",
    isNames,
    { definite: true, code: "ERR_ROOM", aliases: ["exclude"] },
  ),
  skipSid: option<string | readonly string[]>([], "the sid of a client, or a list of sids", isNames, {
    definite: true,
    code: "ERR_ROOM",
    aliases: ["skipSids"],
  }),
  namespace: namespaceOption,
} as const;

/** The table of {@link OneClientOptions}. */
export const oneClientOptions = { sid: sidOption, namespace: namespaceOption } as const;

/** The table of functions with no option but the namespace. */
export const inNamespaceOptions = { namespace: namespaceOption } as const;

/** The options of functions that run for each message, where none are given. */
export const noOptions = Object.freeze({});

/**
 * Checks options like {@link checkOptions}, fast enough for each message: the usual options need no table.
 */
export function checkTargets(table: OptionTable, given: unknown, what: string, hint: Hint = nameHint): void {
  if (given === noOptions || (isPlainObject(given) && areFrequent(table, given))) return;
  checkOptions(table, given, what, hint);
}

/** Whether options are valid and have usual names only. The table checks all others. */
function areFrequent(
  { to, sid, broadcast, includeSelf, except, namespace, volatile }: OptionTable,
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
      case "except":
        if (except === undefined || typeof value !== "string" || value === "") return false;
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

/** Some other libraries take a client or a namespace here without an option's name. */
export const nameHint: Hint = (given) => {
  if (typeof given !== "string") return undefined;
  return `Did you mean { ${given.startsWith("/") ? "namespace" : "sid"}: ${quoted(given)} }?`;
};

/** The namespace that an option names: `""` means `"/"`, as in Flask-SocketIO. */
export function namespaceOr<Name>(given: Name | undefined, fallback: Name | string): Name | string {
  if (given === undefined) return fallback;
  return given === "" ? "/" : given;
}

/**
 * Turns checked options into the clients that they mean.
 *
 * Takes no object: that would be an allocation for each event that is sent.
 *
 * @param what - the function's name, for messages
 * @param options - the caller's options
 * @param namespace - the namespace
 * @param origin - the client whose event is being handled, if any
 * @param everyone - without a name, whether all clients of the namespace are meant rather than `origin`
 * @throws {@link RoomcastError} `ERR_OPTION` where one client is named beside others
 */
export function targetOf(
  what: string,
  options: ExactTargetOptions,
  namespace: string,
  origin: Socket | null,
  everyone: boolean,
): Target {
  const { to, sid, broadcast, includeSelf, except, skipSid } = options;
  const self = origin === null ? undefined : socketIn(origin, namespace);
  let skip: readonly string[] | null = null;
  if (except !== undefined) skip = listOf(except);
  if (skipSid !== undefined) skip = [...(skip ?? []), ...listOf(skipSid)];
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

/** The same client in another namespace. */
function socketIn(socket: Socket, namespace: string): Socket | undefined {
  return namespace === socket.namespace ? socket : socket.client.socketIn(namespace);
}

/** The sids that a client may have once it is accepted. */
function idsOf({ sid, address }: Socket): readonly string[] {
  return sid === address ? [sid] : [sid, address];
}

function listOf(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}
