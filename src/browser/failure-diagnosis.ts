/**
 * Finds out why a WebSocket was not opened. Browsers do not say: a plain request to the same address shows
 * whether there is a server.
 */

import { ClientError } from "./client-error.ts";

/**
 * Asks the address.
 *
 * @param url - the address of the WebSocket
 * @param hint - what the runtime said, if it did
 */
export async function diagnoseFailure(url: string, hint = ""): Promise<ClientError> {
  try {
    // A page may send this to any server, and learns at least that there is one.
    const { status } = await fetch(url.replace("ws", "http"), { mode: "no-cors" });
    return new ClientError(
      "ERR_REFUSED",
      `${url} refuses WebSockets: check path, origins and proxies. ${hint}${status ? ` (status ${status})` : ""}`,
    );
  } catch {
    return new ClientError("ERR_UNREACHABLE", `${url} cannot be reached. ${hint}`);
  }
}
