/** Rooms, event names and flags as programs of socket.io give them. */

import type { PacketFlags } from "../engine/outbox/outgoing-packet.ts";

/** How an event is sent. */
export interface EventFlags extends PacketFlags {
  volatile?: boolean;
  compress?: boolean;
  /** To clients of this process alone. */
  local?: boolean;
  /** How long answers are awaited, in ms. */
  timeout?: number;
}

/** How most events are sent. */
export const noFlags: Readonly<EventFlags> = {};

/** Events that the library emits itself. */
const reserved = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** Whether an event is one that the library emits itself. */
export function isReserved(event: unknown): boolean {
  return reserved.has(event as string);
}

/**
 * The name of an event to send, which need not be a text there.
 *
 * @throws Error for a reserved name
 */
export function sentEventName(event: unknown): string {
  if (isReserved(event)) throw new Error(`"${String(event)}" is a reserved event name`);
  return typeof event === "string" ? event : String(event);
}

/** One room or several. They need not be texts there. */
export function roomNamesOf(rooms: unknown): readonly string[] {
  return [rooms].flat().map(String);
}

/** The acknowledgement callback behind an event's arguments, taken off; `null` where there is none. */
export function takeCallback(values: unknown[]): ((...answer: unknown[]) => unknown) | null {
  const last = values[values.length - 1];
  if (typeof last !== "function") return null;
  values.pop();
  return last as (...answer: unknown[]) => unknown;
}

/** The error of answers that did not come in time. */
export function timedOut(): Error {
  return new Error("operation has timed out");
}
