/** How often each limit held something back, by the option that sets it. */

import type { CloseReason } from "../../engine/close-reason.ts";
import type { Counters } from "../../engine/counters.ts";
import type { HttpErrorName } from "../../engine/request/http-error.ts";

/** The limits for which connections are closed. */
const closing = {
  "payload too large": "maxHttpBufferSize",
  "too many packets": "maxPacketsPerPayload",
  "too many fragments": "maxFragments",
  "too many attachments": "maxAttachments",
  "namespace too long": "maxNamespaceLength",
  "event name too long": "maxEventLength",
  "too many arguments": "maxArguments",
  "data too deep": "maxJsonDepth",
  "too many events": "maxEventsPerSecond",
  "too many unanswered events": "maxPendingAcknowledgements",
  "too many waiting events": "maxWaitingBytes",
  "slow consumer": "maxOutgoingBytes",
} as const satisfies Partial<Record<CloseReason, string>>;

/** The limits for which requests are refused. */
const refusing = {
  tooManyFromAddress: "maxConnectionsPerAddress",
  tooManyFromNetwork: "maxConnectionsPerNetwork",
  tooManyConnections: "maxConnections",
  tooManyHandshakes: "maxHandshakes",
} as const satisfies Partial<Record<HttpErrorName, string>>;

/** Counts what each limit held back. */
export function limitsReached(counters: Counters): Record<string, number> {
  const reached: Record<string, number> = {
    maxNamespaces: counters.namespacesRefused,
    maxNamespaceEventsPerSecond: counters.eventsDropped,
    maxRooms: counters.roomsRefused,
    maxRoomLength: counters.roomNamesRefused,
  };
  for (const [reason, limit] of entries(closing)) reached[limit] = counters.closed[reason];
  for (const [name, limit] of entries(refusing)) reached[limit] = counters.refused[name];
  return reached;
}

function entries<Key extends string, Value>(table: Readonly<Record<Key, Value>>): [Key, Value][] {
  return Object.entries(table) as [Key, Value][];
}
