/** The options of `run()`, in one table. */

import type { ServerOptions as SecureServerOptions } from "node:https";
import { type GivenOptions, isPlainObject, option, toggleOption } from "../../base/options.ts";
import { debugOption } from "./debug-option.ts";
import { type DrainOptions, drainOptions } from "./drain-options.ts";

/** Certificates and keys, as `node:https` takes them. */
export type TlsOptions = SecureServerOptions;

/** All options of `run()`. */
export const runOptions = {
  /** The address to listen on: `"127.0.0.1"` is this machine alone, `"0.0.0.0"` every address. */
  host: option<string>(
    "127.0.0.1",
    "a host name or address",
    (value) => typeof value === "string" && value !== "",
  ),
  /** The port to listen on; `0` for any free one. */
  port: option<number>(
    5000,
    "an integer from 0 to 65535",
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  ),
  /** Certificate and key, as `node:https` takes them, to serve over TLS. */
  tls: option<TlsOptions | null>(
    null,
    "an object { cert, key } as node:https takes it",
    (value) => value === null || isPlainObject(value),
    { aliases: ["ssl_context", "certfile", "keyfile", "cert", "key"] },
  ),
  /**
   * How many processes serve, each running the whole program: a number, or `"auto"` for as many as the
   * machine can run in parallel; `null` for this process alone.
   */
  workers: option<number | "auto" | null>(
    null,
    'an integer from 1 to 1024, "auto" or null',
    (value) =>
      value === null ||
      value === "auto" ||
      (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1024),
  ),
  /**
   * Whether SIGTERM drains the server and SIGINT stops it before the process ends; or the options of
   * `drain()`.
   */
  signals: toggleOption<DrainOptions>(true, drainOptions, "the options of drain()"),
  /** Whether to log every event. The option of `new SocketIO()` does the same. */
  debug: debugOption,
} as const;

/** The options of `run()`. */
export type RunOptions = GivenOptions<typeof runOptions>;
