/** Tells the operator once where the bridge is laxer than Roomcast, and how to have the safer rule. */

import type { Log } from "../../base/log/log.ts";
import type { BridgeOptions } from "./bridge-options.ts";

/** The loggers that have been told: a program may have several servers. */
const told = new WeakSet<object>();

/**
 * Tells of WebSockets that are open to pages of every origin, unless the program has decided about that.
 *
 * @param options - as the program gave them
 * @param logger - the program's logger, which hears it once
 * @param log - the same, safe to call
 */
export function tellOfOrigins(options: Partial<BridgeOptions>, logger: object, log: Log): void {
  const { anyWebSocketOrigin, transports } = options;
  const hasWebSocket = transports === undefined || transports.includes("websocket");
  if (anyWebSocketOrigin !== undefined || !hasWebSocket || told.has(logger)) return;
  told.add(logger);
  log.info(
    "WebSockets are open to pages of every origin, as in socket.io. For this server's own pages and those that cors allows: new Server(httpServer, { anyWebSocketOrigin: false }). With true or false, this line ends.",
    { type: "any websocket origin" },
  );
}
