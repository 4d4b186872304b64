/** The errors of programs that ask the bridge for what it does not have. */

import { RoomcastError } from "../../base/errors.ts";
import { show } from "../../base/options.ts";

/** Something asks for the inner parts of socket.io's server. */
export function noInnerParts(): RoomcastError {
  return new RoomcastError(
    "ERR_APP",
    "The bridge has no inner parts of socket.io's server. In place of instrument(io, options) of @socket.io/admin-ui, call io.roomcast.instrument(options): it serves the same pages.",
  );
}

/** The program gives something that is no server of Node's. */
export function noServer(given: unknown): RoomcastError {
  const hint =
    typeof given === "function"
      ? "It got a function, such as an application of express: make a server with createServer(app), and give that."
      : `It got ${show(given)}.`;
  return new RoomcastError(
    "ERR_APP",
    `new Server() and attach() take a server of node:http, node:https or node:http2, or a port. ${hint}`,
  );
}
