/** Listens with Bun's own server. */

import type { BunHandlers } from "../../adapter/bun/bun-adapter.ts";
import { type BunRuntime, type BunServer, findBun } from "../../adapter/bun/bun-runtime.ts";
import type { Application } from "../../adapter/frameworks/application.ts";
import { RoomcastError } from "../../base/errors.ts";
import { answerFields } from "../../engine/request/http-error.ts";
import type { TlsOptions } from "../options/run-options.ts";
import {
  checkCertificate,
  describeAddress,
  listenError,
  type RunningServer,
  tlsError,
} from "./http-listener.ts";

/** How long answers under way may take when a server closes, in ms. */
const closingTimeout = 1000;

/**
 * Returns Bun where it serves: where it can, unless the option says otherwise; `null` for Node.
 *
 * @throws {@link RoomcastError} `ERR_OPTION` when the option names Bun and it cannot serve
 */
export function chooseBun(asyncMode: "node" | "bun" | null, app: Application | null): BunRuntime | null {
  const bun = findBun();
  const canServe = app === null || app.fetch !== undefined;
  if (asyncMode === "node" || (asyncMode === null && !(bun && canServe))) return null;
  if (bun === undefined)
    throw new RoomcastError("ERR_OPTION", 'asyncMode: "bun" is for programs that run on Bun.');
  if (canServe) return bun;
  throw new RoomcastError(
    "ERR_OPTION",
    `asyncMode: "bun" serves an application with a fetch method, such as Hono's, or none; ${app.name} needs asyncMode: "node".`,
  );
}

/** The answer of a server without an application. */
export function notFoundOnBun(): Response {
  return new Response("Not found", { status: 404, headers: answerFields });
}

/**
 * Starts listening with Bun.
 *
 * @throws {@link RoomcastError} `ERR_LISTEN`
 */
export function listenOnBun(
  bun: BunRuntime,
  handlers: BunHandlers,
  { host, port, tls }: { host: string; port: number; tls: TlsOptions | null },
): RunningServer {
  if (tls !== null) checkCertificate(tls);
  try {
    const server = bun.serve({ hostname: host, port, ...(tls === null ? {} : { tls }), ...handlers });
    return {
      address: describeAddress(host, server.port ?? port, tls !== null),
      close: () => closeServer(server),
    };
  } catch (cause) {
    const isListening = cause instanceof Error && "syscall" in cause;
    throw tls === null || isListening ? listenError(cause, host, port) : tlsError(cause);
  }
}

/** Closes a server after the answers under way, and cuts off those that take too long. */
async function closeServer(server: BunServer): Promise<void> {
  const cutOff = setTimeout(() => void server.stop(true), closingTimeout);
  await server.stop();
  clearTimeout(cutOff);
}
