/** The options of `emit`, `send` and `call`, and where an event goes by them. */

import { inspect } from "node:util";
import { RoomcastError } from "../base/errors.ts";
import type { Delivery, Target } from "../core/hub.ts";
import type { Socket } from "../core/socket.ts";
import { resumable } from "./handler-context.ts";

/**
 * Where an event goes and how.
 *
 * @typeParam Answer - the values that clients acknowledge the event with
 */
// biome-ignore lint/suspicious/noExplicitAny: without a contract the caller knows what its clients answer with
export interface EmitOptions<Answer extends readonly unknown[] = any[]> {
  /** Rooms or clients (by their sid) that get the event: one, or a list. A client in several of them gets it once. */
  to?: string | readonly string[] | undefined;
  /** Send to every client of the namespace instead of replying to the sender. Default `false`. */
  broadcast?: boolean | undefined;
  /** Whether the client whose event is being handled is among the receivers, if it would be. Default `true`. */
  includeSelf?: boolean | undefined;
  /** Clients (by their sid) that do not get the event. */
  skipSid?: string | readonly string[] | undefined;
  /** The namespace. Default: that of the event being handled, outside of handlers `"/"`. */
  namespace?: string | undefined;
  /** Called with the values of each client's acknowledgement; in a handler's context if a handler emitted. */
  callback?: ((...values: Answer) => unknown) | undefined;
  /** Drop the event for clients that cannot take it right now. Default `false`. */
  volatile?: boolean | undefined;
  /** Whether the event is worth compressing where compression is on. Default `true`. */
  compress?: boolean | undefined;
  /** Only to clients of this process, not to those of others. Default `false`. */
  ignoreQueue?: boolean | undefined;
}

/** The options of `send`. */
export interface SendOptions extends EmitOptions {
  /** Send the `json` event instead of `message`. Default `false`. */
  json?: boolean | undefined;
}

/** The options of `call`. */
export interface CallOptions {
  /** The client (by its sid) to ask. Default: the one whose event is being handled. */
  to?: string | undefined;
  /** The namespace. Default: that of the event being handled, outside of handlers `"/"`. */
  namespace?: string | undefined;
  /** How long to wait for the acknowledgement, in ms. Default 60 000. */
  timeout?: number | undefined;
}

/** How long `call` waits for an acknowledgement, in ms. */
export const defaultCallTimeout = 60_000;

/**
 * Where an event goes.
 *
 * @param options - the caller's options
 * @param origin - the client whose event is being handled, if any
 */
export function targetOf(options: EmitOptions, origin: Socket | null): Target {
  for (const name in options) {
    if (!Object.hasOwn(emitOptionNames, name)) throw unknownOption(name);
  }
  const { to, broadcast, includeSelf, skipSid } = options;
  const namespace = options.namespace ?? origin?.namespace ?? "/";
  const self = namespace === origin?.namespace ? origin : origin?.client.socketIn(namespace);
  let rooms: readonly string[] | null = null;
  if (to !== undefined) rooms = namesOf("to", to);
  else if (origin !== null && broadcast !== true) rooms = self === undefined ? [] : [self.sid];
  let skip: Set<string> | null = null;
  if (skipSid !== undefined) skip = new Set(namesOf("skipSid", skipSid));
  if (includeSelf === false && self !== undefined) {
    skip ??= new Set();
    skip.add(self.sid);
  }
  return { namespace, rooms, skip };
}

/** What may be given to `emit`; `json` is what `send` adds. */
const emitOptionNames: Readonly<Record<keyof EmitOptions, true>> = {
  to: true,
  broadcast: true,
  includeSelf: true,
  skipSid: true,
  namespace: true,
  callback: true,
  volatile: true,
  compress: true,
  ignoreQueue: true,
};

function unknownOption(name: string): RoomcastError {
  const hint = name === "room" || name === "rooms" ? ' Did you mean "to"?' : "";
  return new RoomcastError(
    "ERR_OPTION",
    `emit() has no option "${name}".${hint} Known options: ${Object.keys(emitOptionNames).join(", ")}.`,
  );
}

/**
 * The rooms or clients that an option names. What they are called often comes from a client: anything but names must
 * not be taken for "no room in particular", which is everybody.
 */
function namesOf(option: "to" | "skipSid", given: unknown): readonly string[] {
  if (typeof given === "string" && given !== "") return [given];
  if (Array.isArray(given) && given.every((name) => typeof name === "string" && name !== "")) return given;
  throw new RoomcastError(
    "ERR_ROOM",
    `The option "${option}" takes the name of a room or client, or a list of names, not ${inspect(given, { depth: 0 })}.`,
  );
}

/** How an event is sent. */
export function deliveryOf(options: EmitOptions): Delivery {
  const { volatile, compress, callback } = options;
  return { volatile, compress, callback: callback === undefined ? undefined : resumable(callback) };
}
