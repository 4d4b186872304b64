/** Listening: makes the server where there is none, listens, and says clearly why it cannot. */

import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer, type ServerOptions as SecureServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import type { HttpServer } from "../adapter/node.ts";
import { RoomcastError } from "../base/errors.ts";

/** Certificates and keys, as `node:https` takes them. */
export type TlsOptions = SecureServerOptions;

/** Makes a server. */
export function makeServer(listener: RequestListener, tls: TlsOptions | undefined): HttpServer {
  if (tls === undefined) return createServer(listener);
  try {
    return createSecureServer(tls, listener);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RoomcastError("ERR_LISTEN", `The tls options cannot be used: ${reason}`, { cause });
  }
}

/**
 * Has a server listen.
 *
 * @throws {@link RoomcastError} `ERR_LISTEN`
 */
export async function listen(server: HttpServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  }).catch((cause: unknown) => {
    throw listenError(cause, host, port);
  });
}

/** The clear form of an error in listening. */
export function listenError(cause: unknown, host: string, port: number): RoomcastError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const texts: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop the program that uses it, or choose another: socketio.run({ port: ${port + 1} }).`,
    EACCES: `Port ${port} on ${host} may not be used by this user. Ports below 1024 often need rights; choose another: socketio.run({ port: 5000 }).`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Use host "0.0.0.0" for all of its addresses, or "127.0.0.1" for itself alone.`,
    ENOTFOUND: `The host name ${host} is not known. Use host "0.0.0.0" for all addresses, or "127.0.0.1" for this machine alone.`,
  };
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RoomcastError(
    "ERR_LISTEN",
    texts[String(code)] ?? `Cannot listen on ${host}:${port}: ${reason}`,
    { cause },
  );
}

/** Where a server listens. */
export function addressOf(server: HttpServer, host: string): { host: string; port: number; url: string } {
  const { port } = server.address() as AddressInfo;
  const secure = "setSecureContext" in server;
  // What listens on all addresses is reached by this name here; it is no name that a browser could open.
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return { host, port, url: `${secure ? "https" : "http"}://${shown}:${port}` };
}

/** Closes a server that Roomcast made, and the connections that would keep it open. */
export function closeServer(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
