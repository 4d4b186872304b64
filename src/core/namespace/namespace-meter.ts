/** What namespaces tell where metrics are on. */

import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { RecoveryObstacle } from "../recovery/recovery-sessions.ts";
import type { AcknowledgementListener } from "../socket/acknowledgements.ts";

/**
 * How the request of a client to return ended: it got everything back, or there was an obstacle, or its
 * authentication had expired, or the `connect` handler refused it.
 */
export type ReturnOutcome = "recovered" | RecoveryObstacle | "authentication expired" | "refused";

/**
 * Why an event was refused: its values do not fit the contract, the contract does not have it, or the handler
 * refused it with an error of the contract.
 */
export type EventRefusalReason = "invalid" | "unknown" | "refused";

/** Measures namespaces that the program declared together. Its methods must not throw. */
export interface NamespaceMeter {
  /** A client sent an event. */
  onEvent(event: string): void;
  /** The program handles events of a name, in another way than by a handler of that name. */
  declare(event: string): void;
  /** An event was handled, which took so many milliseconds. */
  onHandled(event: string, milliseconds: number, hasFailed: boolean): void;
  /** An event was not handled, or its handler refused it. */
  onEventRefused(event: string, reason: EventRefusalReason): void;
  /** The application sent an event, to any number of clients. */
  onSent(event: string): void;
  /** An event for a group of clients went to so many of this process. */
  onBroadcast(clients: number): void;
  /** A client is in the namespace. */
  onConnect(): void;
  /** The `connect` handler refused a client. */
  onRefused(): void;
  /** A client has left. */
  onDisconnect(reason: DisconnectReason): void;
  /** A client asked to return. */
  onReturn(outcome: ReturnOutcome): void;
  /** A client did not come back in time. */
  onLost(): void;
  /** An event was sent that asks for an acknowledgement. Returns the listener to use for it. */
  timed(listener: AcknowledgementListener): AcknowledgementListener;
}
