/**
 * What a server has counted since it was made: every connection that ended and why, every request that was
 * refused, and everything that a limit held back. Counted where it happens, and nothing is counted for each
 * message.
 */

import { type CloseReason, closeCodes } from "./close-reason.ts";
import { type HttpErrorName, httpErrors } from "./request/http-error.ts";

/** The running counts of one server. */
export class Counters {
  /** Connections that were opened. */
  opened = 0;
  /** Connections that have ended, by their reason. */
  readonly closed: Record<CloseReason, number> = zeros(closeCodes);
  /** Requests that were refused, by their refusal. */
  readonly refused: Record<HttpErrorName, number> = zeros(httpErrors);
  /** Volatile events that were dropped because their client could not take them. */
  volatileDropped = 0;
  /** Events that were dropped because of `maxNamespaceEventsPerSecond`. */
  eventsDropped = 0;
  /** Requests to join a namespace that were refused because of `maxNamespaces`. */
  namespacesRefused = 0;
  /** Rooms that were not joined because of `maxRooms`. */
  roomsRefused = 0;
  /** Names of rooms that were refused because of `maxRoomLength`. */
  roomNamesRefused = 0;
  /** Messages to other processes that the message queue did not take, although it was there. */
  messagesRefused = 0;
  /**
   * Messages that came by the message queue and were not taken: see `message ignored` among the trace events.
   */
  messagesIgnored = 0;
  /** Events that the message queue did not keep for clients that are away. */
  eventsNotKept = 0;
  /** Clients of which the message queue did not keep what they need to come back. */
  clientsNotKept = 0;
}

function zeros<Name extends string>(table: Readonly<Record<Name, unknown>>): Record<Name, number> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, 0])) as Record<Name, number>;
}
