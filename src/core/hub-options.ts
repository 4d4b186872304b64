/** The options of the core: how packets are encoded, and the limits of one client. */

import { isPlainObject, limitOption, numberOption, option, type ResolvedOptions } from "../base/options.ts";
import type { Parser } from "../protocol/parser.ts";
import type { ClientLimits } from "./client/client-limits.ts";
import { isNamespaceName } from "./model/namespace-name.ts";

const isParser = (value: unknown) =>
  value === "default" ||
  value === "msgpack" ||
  (typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Parser>).encode === "function" &&
    typeof (value as Partial<Parser>).createDecoder === "function");

const isRate = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;

/** The options of namespaces, rooms and events. */
export const hubOptions = {
  /**
   * How packets are encoded: `"msgpack"` for clients with `socket.io-msgpack-parser`, or a parser of your
   * own. All clients of a server need the same one.
   */
  parser: option<"default" | "msgpack" | Parser>(
    "default",
    '"default", "msgpack" or an object with the functions encode and createDecoder',
    isParser,
  ),
  /** The most binary attachments that one event or acknowledgement of a client may have. */
  maxAttachments: limitOption(10, 0),
  /**
   * The most levels of arrays and objects in what a client sends, the list of an event's arguments included.
   */
  maxJsonDepth: limitOption(128),
  /** The most characters of the name of an event that a client sends. */
  maxEventLength: limitOption(255),
  /** The most arguments of an event or acknowledgement that a client sends. */
  maxArguments: limitOption(1000, 0),
  /** The most characters of the name of a namespace that a client asks for. */
  maxNamespaceLength: limitOption(255),
  /** The most namespaces that a client may be in at a time. */
  maxNamespaces: limitOption(100),
  /**
   * The most rooms that a client may be in, in all its namespaces together, besides those that are its own
   * sids.
   */
  maxRooms: limitOption(1000, 0),
  /** The most characters of the name of a room, also of one that a client chooses. */
  maxRoomLength: limitOption(255, 64),
  /** The most events in one namespace that a client may leave unacknowledged. */
  maxPendingAcknowledgements: limitOption(10_000),
  /**
   * Roughly how many bytes of memory a client's events and requests to join may take while they wait for the
   * handlers before them. One alone may take more.
   */
  maxWaitingBytes: numberOption(16 * 1024 * 1024, "bytes", 1),
  /**
   * The most events that a client may send each second in the long run; requests to join a namespace count
   * too.
   */
  maxEventsPerSecond: limitOption(10_000),
  /** The most events that a client may send at once, when it has sent few before. */
  maxEventBurst: limitOption(100_000),
  /** The most events that a client may send in a namespace, each second and at once: `{ "/chat": 20 }`. */
  maxNamespaceEventsPerSecond: option<Readonly<Record<string, number>>>(
    {},
    'an object with an integer for each namespace, such as { "/chat": 20 }',
    (value) =>
      isPlainObject(value) && Object.keys(value).every(isNamespaceName) && Object.values(value).every(isRate),
  ),
} as const;

/** The resolved options of the core. */
export type HubOptions = ResolvedOptions<typeof hubOptions>;

/** The limits of one client, out of the options. */
export function limitsOf(options: HubOptions): ClientLimits {
  const { maxEventsPerSecond, maxEventBurst, maxNamespaces, maxPendingAcknowledgements, maxWaitingBytes } =
    options;
  return {
    decoder: {
      maxAttachments: options.maxAttachments,
      maxDepth: options.maxJsonDepth,
      maxNamespaceLength: options.maxNamespaceLength,
      maxEventLength: options.maxEventLength,
      maxArguments: options.maxArguments,
    },
    maxNamespaces,
    maxPendingAcknowledgements,
    maxWaitingBytes,
    rate:
      maxEventsPerSecond === Number.POSITIVE_INFINITY || maxEventBurst === Number.POSITIVE_INFINITY
        ? null
        : { perSecond: maxEventsPerSecond, burst: maxEventBurst },
  };
}
