/** The options of `emit`, `send`, `call`, `callAll` and `disconnect`, and their meaning for the core. */

import { RoomcastError } from "../base/errors.ts";
import { booleanOption, durationOption, type Hint, type OptionTable, option } from "../base/options.ts";
import type { Delivery } from "../core/broadcaster.ts";
import type { DisconnectNotice } from "../core/model/disconnect-notice.ts";
import type { Definite } from "./definite-options.ts";
import { type Callback, resumable } from "./handler-context.ts";
import {
  checkTargets,
  type ExactTargetOptions,
  nameHint,
  namespaceOption,
  sidOption,
  targetOptions,
} from "./target-options.ts";

/**
 * {@link EmitOptions} under `exactOptionalPropertyTypes`.
 *
 * @typeParam Answer - the values that clients acknowledge the event with
 */
// biome-ignore lint/suspicious/noExplicitAny: without a contract an answer may be anything
export interface ExactEmitOptions<Answer extends readonly unknown[] = any[]> extends ExactTargetOptions {
  /** Called with each client's acknowledgement; in the handler's context if a handler emitted. */
  callback?: ((...values: Answer) => unknown) | undefined;
  /** Drop the event for clients that cannot take it right now. Default `false`. */
  volatile?: boolean | undefined;
  /** Whether to compress the event where compression is on. Default `true`. */
  compress?: boolean | undefined;
  /** Send only to clients of this process. Default `false`. */
  ignoreQueue?: boolean | undefined;
}

/**
 * The target of an event, and how it is sent.
 *
 * @typeParam Answer - the values that clients acknowledge the event with
 */
// biome-ignore lint/suspicious/noExplicitAny: without a contract an answer may be anything
export type EmitOptions<Answer extends readonly unknown[] = any[]> = Definite<ExactEmitOptions<Answer>>;

/** {@link SendOptions} under `exactOptionalPropertyTypes`. */
export interface ExactSendOptions extends ExactEmitOptions {
  /** Send the `json` event instead of `message`. Default `false`. */
  json?: boolean | undefined;
}

/** The options of `send`. */
export type SendOptions = Definite<ExactSendOptions>;

/** {@link CallOptions} under `exactOptionalPropertyTypes`. */
export interface ExactCallOptions {
  /** The client to ask (by sid). Default: the one whose event is being handled. */
  to?: string;
  /** The same as `to`, under python-socketio's name. */
  sid?: string;
  /** The namespace. Default: that of the event being handled; `"/"` outside of handlers. */
  namespace?: string;
  /** How long to wait for the acknowledgement, in ms. Default 60 000. */
  timeout?: number | undefined;
}

/** The options of `call`. */
export type CallOptions = Definite<ExactCallOptions>;

/** {@link CallAllOptions} under `exactOptionalPropertyTypes`. */
export interface ExactCallAllOptions extends ExactTargetOptions {
  /** How long to wait for the acknowledgements, in ms. Default 10 000. */
  timeout?: number | undefined;
}

/** The options of `callAll`. */
export type CallAllOptions = Definite<ExactCallAllOptions>;

/** {@link DisconnectOptions} under `exactOptionalPropertyTypes`. */
export interface ExactDisconnectOptions extends ExactTargetOptions {
  /** Close the client's whole connection, not only this namespace. Default `false`. */
  close?: boolean | undefined;
  /** Why, in words. The client gets it in the event `disconnect_reason` before it is disconnected. */
  reason?: string | undefined;
  /** Why, for programs: a string or a number, in the same event. */
  code?: string | number | undefined;
  /** Have the client reconnect by itself; this closes its whole connection. Default `false`. */
  retry?: boolean | undefined;
}

/** The options of `disconnect`. */
export type DisconnectOptions = Definite<ExactDisconnectOptions>;

/** The table of {@link EmitOptions}. */
export const emitOptions = {
  ...targetOptions,
  callback: option<Callback | null>(null, "a function", (value) => typeof value === "function", {
    aliases: ["ack", "acknowledgement"],
  }),
  volatile: booleanOption(false),
  compress: booleanOption(true),
  ignoreQueue: booleanOption(false, { aliases: ["local"] }),
} as const;

/** The table of {@link SendOptions}. */
export const sendOptions = { ...emitOptions, json: booleanOption(false) } as const;

/** The table of {@link CallOptions}. The default of `timeout` is in ms. */
export const callOptions = {
  to: sidOption,
  sid: sidOption,
  namespace: namespaceOption,
  timeout: durationOption(60_000),
} as const;

/**
 * The table of {@link CallAllOptions}. The timeout is short, so that one sleeping client does not delay the
 * list.
 */
export const callAllOptions = { ...targetOptions, timeout: durationOption(10_000) } as const;

/** The table of {@link DisconnectOptions}. */
export const disconnectOptions = {
  ...targetOptions,
  close: booleanOption(false),
  reason: option<string | null>(null, "a string", (value) => typeof value === "string"),
  code: option<string | number | null>(null, "a string or a number", (value) =>
    ["string", "number"].includes(typeof value),
  ),
  retry: booleanOption(false),
} as const;

const callbackHint = "A callback for acknowledgements is an option: emit(event, data, { callback }).";

/** Some other libraries take further values where the options are. */
const severalHint: Hint = (given, name) =>
  name !== undefined || typeof given === "function"
    ? undefined
    : "Several values travel as one: emit(event, args(first, second), options).";

/** Some other libraries take a callback there, too. */
export const eventHint: Hint = (given, name) =>
  typeof given === "function" ? callbackHint : severalHint(given, name);

/** In Socket.IO the call is `disconnect(true)`. */
export const disconnectHint: Hint = (given) =>
  given === true ? "Did you mean { close: true }?" : nameHint(given);

/**
 * Reads the options of a function that takes an event, its data and options.
 *
 * @param table - the options that exist
 * @param rest - the arguments after the event's name
 * @param what - the function's name, for messages
 * @returns the options, checked; `undefined` where there are none
 * @throws {@link RoomcastError} `ERR_OPTION`, or another code of the table; `ERR_PAYLOAD` for a function in
 *   place of data
 */
export function optionsOfEvent<Options>(
  table: OptionTable,
  rest: readonly unknown[],
  what: string,
): Options | undefined {
  const options = rest[1];
  const hint = table.callback === undefined ? severalHint : eventHint;
  if (options !== undefined) checkTargets(table, options, what, hint);
  if (rest.length > 2) {
    throw new RoomcastError(
      "ERR_OPTION",
      [`${what} takes an event, its data and options, and no more.`, hint(rest.at(-1))].join(" "),
    );
  }
  if (typeof rest[0] === "function") {
    const text = `${what} cannot send a function.`;
    throw new RoomcastError("ERR_PAYLOAD", hint === eventHint ? `${text} ${callbackHint}` : text);
  }
  return options as Options | undefined;
}

/** How an event is sent without options. */
export const plainDelivery: Delivery = {};

/** The client that `call` names, with either option. */
export function sidToCall({ to, sid }: ExactCallOptions): string | undefined {
  if (to !== undefined && sid !== undefined) {
    throw new RoomcastError("ERR_OPTION", "call() takes either { sid } or { to }, not both.");
  }
  return to ?? sid;
}

/** The reason that clients get before the server disconnects them; `null` for none. */
export function noticeOf({ reason, code, retry = false }: ExactDisconnectOptions): DisconnectNotice | null {
  if (reason === undefined && code === undefined && !retry) return null;
  return { ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { code }), retry };
}

/** How an event is sent. */
export function deliveryOf({ volatile, compress, callback, ignoreQueue }: ExactEmitOptions): Delivery {
  if (callback !== undefined) return { volatile, compress, callback: resumable(callback), ignoreQueue };
  if (volatile === undefined && compress === undefined && ignoreQueue === undefined) return plainDelivery;
  return { volatile, compress, callback, ignoreQueue };
}
