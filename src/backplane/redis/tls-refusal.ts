/** Why a server of Redis resets a connection with TLS. */

import { connect } from "node:tls";

/** How long a server may take to say why, in ms. */
const patience = 1000;

/**
 * Asks a server that has reset a connection for the reason.
 *
 * With TLS 1.3 a server looks at the certificate of this process after the client's side of the handshake is
 * done. The first command is often on its way by then: the server resets the connection, and what it said of
 * the certificate may be lost with it. A connection that sends nothing always hears it.
 *
 * @param error - the error with which the connection ended
 * @param socket - the options of its socket, as the Redis package takes them
 * @returns the reason; `null` where the server gives none, or TLS is not used
 */
export async function tlsRefusal(error: unknown, socket: object | undefined): Promise<Error | null> {
  const { tls, ...options } = { tls: false, ...socket };
  if (tls !== true || !isReset(error)) return null;
  return new Promise((resolve) => {
    const probe = connect(options);
    const end = (reason: Error | null) => {
      probe.destroy();
      resolve(reason);
    };
    probe.setTimeout(patience, () => end(null));
    probe.on("error", (reason) => end(isReset(reason) ? null : reason));
    probe.on("close", () => end(null));
    probe.resume();
  });
}

function isReset(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  // The package has an error without a code for a connection that ends before the first answer.
  return code === "ECONNRESET" || code === "EPIPE" || error.message === "Socket closed unexpectedly";
}
