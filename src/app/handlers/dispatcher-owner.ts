/** The port that a dispatcher needs of its server. */

import type { Hub } from "../../core/hub.ts";
import type { Socket } from "../../core/socket/socket.ts";
import type { HandlerGuard } from "../contract/data-check.ts";
import type { HandlerErrorsOwner } from "./handler-errors.ts";
import type { HandlerRegistry } from "./handler-table.ts";
import type { AnyMiddleware } from "./middleware-context.ts";

/** What a dispatcher needs of its server. */
export interface DispatcherOwner extends HandlerErrorsOwner {
  readonly registry: HandlerRegistry;
  readonly hub: Hub;
  /** Middleware of all namespaces. */
  readonly middleware: readonly AnyMiddleware[];
  /** Checks what handlers leave behind; `null` where no contract asks for it. */
  readonly guard?: HandlerGuard | null;
  /** Whether each handler of a client waits for the end of the one before. */
  readonly isSerial: boolean;
  /** A handler has started. */
  onStart(): void;
  /** A handler has ended. */
  onEnd(): void;
  /** Whether `onUnhandled` concerns this client: other clients need no error object. */
  isWatched(socket: Socket): boolean;
}
