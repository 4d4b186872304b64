/** Makes Node's HTTP server, listens with it, and explains clearly why it cannot. */

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Connections } from "../../adapter/node/connections.ts";
import type { HttpServer } from "../../adapter/node/node-adapter.ts";
import { RoomcastError } from "../../base/errors.ts";
import { errorText } from "../../base/foreign-value.ts";
import type { TlsOptions } from "../options/run-options.ts";

/** The connections of the servers that listen through {@link listen}. */
const connectionsOf = new WeakMap<HttpServer, Connections>();

/**
 * Makes a server.
 *
 * @throws {@link RoomcastError} `ERR_LISTEN` when the tls options cannot be used
 */
export function makeServer(listener: RequestListener, tls: TlsOptions | null): HttpServer {
  if (tls === null) return createServer(listener);
  checkCertificate(tls);
  try {
    return process.getBuiltinModule("node:https").createServer(tls, listener);
  } catch (cause) {
    throw tlsError(cause);
  }
}

/**
 * Checks that there are a certificate and its key.
 *
 * @throws {@link RoomcastError} `ERR_LISTEN`
 */
export function checkCertificate(tls: TlsOptions): void {
  if (!hasCertificate(tls)) throw tlsError("a certificate or its key is missing");
}

/** Without these Node makes a server that refuses every client. */
function hasCertificate(tls: TlsOptions): boolean {
  const { cert, key, privateKeyIdentifier, pfx, SNICallback } = { ...tls };
  return Boolean((cert && (key || privateKeyIdentifier)) || pfx || SNICallback);
}

/** A clear error for tls options that cannot be used. */
export function tlsError(cause: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_LISTEN",
    `The tls options cannot be used: ${errorText(cause)}. They take the contents of the files, not their names: socketio.run({ tls: { cert: readFileSync("cert.pem"), key: readFileSync("key.pem") } }).`,
    { cause },
  );
}

/**
 * Starts listening with a server.
 *
 * @throws {@link RoomcastError} `ERR_LISTEN`
 */
export async function listen(server: HttpServer, host: string, port: number): Promise<void> {
  if (!connectionsOf.has(server)) connectionsOf.set(server, new Connections(server));
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (cause) {
    throw listenError(cause, host, port);
  }
}

/** A clear error for one that a server raised when it should listen. */
export function listenError(cause: unknown, host: string, port: number): RoomcastError {
  const code = codeOf(cause);
  const another = port < 65_535 ? port + 1 : 5000;
  const unknownName = `The host name ${host} is not known. Use host "0.0.0.0" for all addresses, or "127.0.0.1" for this machine alone.`;
  const texts: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop the program that uses it, or choose another: socketio.run({ port: ${another} }).`,
    EACCES: `Port ${port} on ${host} may not be used by this user. Ports below 1024 often need rights; choose another: socketio.run({ port: 5000 }).`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Use host "0.0.0.0" for all of its addresses, or "127.0.0.1" for itself alone.`,
    ENOTFOUND: unknownName,
    EAI_AGAIN: unknownName,
  };
  // The code of a plugin's error may be the name of something that every object has.
  const known = Object.hasOwn(texts, code) ? texts[code] : undefined;
  const text = known ?? `Cannot listen on ${host}:${port}: ${errorText(cause)}`;
  return new RoomcastError("ERR_LISTEN", text, { cause });
}

/** The system's code of an error. A framework's own server may fail by anything that its plugins throw. */
function codeOf(cause: unknown): string {
  try {
    return cause instanceof Error && "code" in cause ? `${cause.code}` : "";
  } catch {
    return "";
  }
}

/** Where a server listens. */
export interface RunningAddress {
  readonly host: string;
  readonly port: number;
  /** How to reach it from this machine. */
  readonly url: string;
}

/** A server that listens, and how to close it. */
export interface RunningServer {
  readonly address: RunningAddress;
  close(): Promise<void>;
}

/** Where a server listens. */
export function addressOf(server: HttpServer, host: string): RunningAddress {
  const { port } = server.address() as AddressInfo;
  return describeAddress(host, port, "setSecureContext" in server);
}

/** An address with its URL. */
export function describeAddress(host: string, port: number, secure: boolean): RunningAddress {
  // A server on all addresses is reached by this name here. A browser could not open "0.0.0.0".
  const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return { host, port, url: `${secure ? "https" : "http"}://${shown}:${port}` };
}

/** Closes a server that listens through {@link listen}, after the answers under way. */
export async function closeServer(server: HttpServer): Promise<void> {
  const close = () => new Promise((resolve) => server.close(resolve));
  await connectionsOf.get(server)?.close(close);
}
