/** The options of `emit`, `send`, `call` and `disconnect`, and what they mean for the hub. */

import { RoomcastError } from "../base/errors.ts";
import type { Answers } from "../core/answers.ts";
import type { DisconnectNotice } from "../core/disconnect-notice.ts";
import type { Delivery, Hub } from "../core/hub.ts";
import type { Socket } from "../core/socket.ts";
import { resumable } from "./handler-context.ts";
import {
  type ClientOptions,
  checkOptionNames,
  clientOptionNames,
  clientTargetOf,
  type OptionNames,
  type TargetOptions,
  targetOf,
  targetOptionNames,
} from "./target-options.ts";

/**
 * Where an event goes and how.
 *
 * @typeParam Answer - the values that clients acknowledge the event with
 */
// biome-ignore lint/suspicious/noExplicitAny: without a contract the caller knows what its clients answer with
export interface EmitOptions<Answer extends readonly unknown[] = any[]> extends TargetOptions {
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

/** The options of `callAll`. */
export interface CallAllOptions extends TargetOptions {
  /** How long to wait for the acknowledgements, in ms. Default 10 000. */
  timeout?: number | undefined;
}

/** The options of `disconnect`. */
export interface DisconnectOptions extends ClientOptions {
  /** Close the client's whole connection, not only this namespace. Default `false`. */
  close?: boolean | undefined;
  /** Why, in words. The client is told before, by the event `disconnect_reason`. */
  reason?: string | undefined;
  /** Why, for programs: a text or a number. The client is told before, likewise. */
  code?: string | number | undefined;
  /** Have the client come back by itself; its whole connection is closed for that. Default `false`. */
  retry?: boolean | undefined;
}

/** How long `call` waits for an acknowledgement, in ms. */
export const defaultCallTimeout = 60_000;

/** How long `callAll` waits for acknowledgements, in ms: one client that sleeps is not to hold up the list for long. */
const defaultCallAllTimeout = 10_000;

const emitOptionNames: OptionNames<EmitOptions> = {
  ...targetOptionNames,
  callback: true,
  volatile: true,
  compress: true,
  ignoreQueue: true,
};

const sendOptionNames: OptionNames<SendOptions> = { ...emitOptionNames, json: true };

const callAllOptionNames: OptionNames<CallAllOptions> = { ...targetOptionNames, timeout: true };

/** The names of {@link DisconnectOptions}. */
const disconnectOptionNames: OptionNames<DisconnectOptions> = {
  ...clientOptionNames,
  close: true,
  reason: true,
  code: true,
  retry: true,
};

/** How an event is sent when no option says otherwise. */
export const plainDelivery: Delivery = {};

/** Sends an event where and how its options say; for the other parameters see {@link targetOf}. */
export function emitTo(
  hub: Hub,
  event: string,
  data: unknown,
  options: EmitOptions,
  namespace: string,
  origin: Socket | null,
  everyone: boolean,
): void {
  checkOptionNames("emit()", options, emitOptionNames);
  hub.emit(targetOf(options, namespace, origin, everyone), event, data, deliveryOf(options));
}

/** Sends `message`, or `json`, like {@link emitTo}. */
export function sendTo(
  hub: Hub,
  data: unknown,
  options: SendOptions,
  namespace: string,
  origin: Socket | null,
  everyone: boolean,
): void {
  checkOptionNames("send()", options, sendOptionNames);
  const event = options.json === true ? "json" : "message";
  hub.emit(targetOf(options, namespace, origin, everyone), event, data, deliveryOf(options));
}

/** Sends an event and gathers what clients answer; all clients are asked where none are named. */
export function callAllOf(
  hub: Hub,
  event: string,
  data: unknown,
  options: CallAllOptions,
  namespace: string,
  origin: Socket | null,
): Answers {
  checkOptionNames("callAll()", options, callAllOptionNames);
  const { timeout = defaultCallAllTimeout } = options;
  return hub.callAll(targetOf(options, namespace, origin, true), event, data, timeout);
}

/** Disconnects the clients that options name; for the other parameters see {@link clientTargetOf}. */
export function disconnectBy(
  hub: Hub,
  options: DisconnectOptions,
  namespace: string,
  origin: Socket | null,
): Promise<void> {
  const target = clientTargetOf("disconnect()", options, namespace, origin, disconnectOptionNames);
  return hub.disconnect(target, options.close ?? false, noticeOf(options));
}

function noticeOf({ reason, code, retry }: DisconnectOptions): DisconnectNotice | null {
  if (reason === undefined && code === undefined && retry !== true) return null;
  const fits =
    (reason === undefined || typeof reason === "string") &&
    (code === undefined || typeof code === "string" || typeof code === "number");
  if (fits) {
    const why = { ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { code }) };
    return { ...why, retry: retry ?? false };
  }
  throw new RoomcastError(
    "ERR_OPTION",
    'disconnect() takes a text for "reason", and a text or a number for "code".',
  );
}

/** How an event is sent. */
export function deliveryOf({ volatile, compress, callback, ignoreQueue }: EmitOptions): Delivery {
  if (callback !== undefined) return { volatile, compress, callback: resumable(callback), ignoreQueue };
  if (volatile === undefined && compress === undefined && ignoreQueue === undefined) return plainDelivery;
  return { volatile, compress, callback, ignoreQueue };
}
