/** The options of `new SocketIO()`: those of the engine and those of the application, in one table. */

import { queueUrlProblem } from "../../backplane/bus/queue-url.ts";
import type { QueueFormat } from "../../backplane/interop/interop.ts";
import { consoleLogger, type Logger } from "../../base/logger.ts";
import {
  booleanOption,
  type GivenOptions,
  isPlainObject,
  option,
  type ResolvedOptions,
  toggleOption,
} from "../../base/options.ts";
import { hubOptions } from "../../core/hub-options.ts";
import { engineOptions } from "../../engine/engine-options.ts";
import type { HttpSessions } from "../../session/http-session.ts";
import { dedupeOption } from "./dedupe-options.ts";
import type { NamespacePattern } from "./namespace-pattern.ts";
import { orderingOption } from "./ordering-option.ts";
import { queueSecretOption } from "./queue-secret-option.ts";
import { recoveryOption } from "./recovery-options.ts";

const isPattern = (value: unknown) =>
  typeof value === "string" || typeof value === "function" || value instanceof RegExp;

const isName = (value: unknown) => typeof value === "string" && value !== "";

const isPort = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;

const hasFunctions = (value: unknown, ...names: readonly string[]) =>
  typeof value === "object" &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");

/** Where a process listens for requests that others send on. */
const relayOptions = {
  host: option<string | null>(null, "an address", isName),
  port: option<number>(0, "an integer from 0 to 65535", isPort),
} as const;

/** All options. */
export const appOptions = {
  ...engineOptions,
  ...hubOptions,
  /** The namespaces that clients may join besides those with handlers: names, patterns, or `"*"` for all. */
  namespaces: option<NamespacePattern | readonly NamespacePattern[]>(
    [],
    'a namespace, a pattern, "*", or a list of them',
    (value) => isPattern(value) || (Array.isArray(value) && value.every(isPattern)),
  ),
  /**
   * The order of one client's handlers in a namespace: `"concurrent"` starts each when the one before has
   * started, `"serial"` when the one before has come to its end.
   */
  ordering: orderingOption,
  /**
   * Whether clients find everything as it was when they come back after the loss of their connection, and how
   * long.
   */
  recovery: recoveryOption,
  /** Whether an event that a client sends again, since it has no acknowledgement, is handled only once. */
  dedupe: dedupeOption,
  /** Where visitors' HTTP sessions are found: `expressSession(middleware)`, `fastifySession(app)`, … */
  session: option<HttpSessions | null>(
    null,
    "a source of HTTP sessions such as expressSession(middleware)",
    (value) => value === null || hasFunctions(value, "open"),
  ),
  /**
   * Whether each client has a session of its own that begins as a copy of the HTTP session; `false` gives
   * handlers the HTTP session itself, read and saved around each of them.
   */
  manageSession: booleanOption(true),
  /** Whether the browser's client is served below `path`: at `/socket.io/socket.io.js`, say. */
  serveClient: booleanOption(true),
  /**
   * The broker through which the clients of other processes are reached: `"redis://host"`, `"rediss://host"`
   * or `"nats://host"`. A server without an application that is not run is an emitter.
   */
  messageQueue: option<string | null>(
    null,
    "a URL that begins with redis://, rediss://, nats://, tls:// or memory://",
    (value) => value === null || queueUrlProblem(value) === null,
    { aliases: ["adapter", "client_manager"], describes: (value) => queueUrlProblem(value) ?? "" },
  ),
  /**
   * The name that tells applications apart which share a broker. By default that of the format: `"roomcast"`,
   * `"socketio"` (Flask-SocketIO's own is `"flask-socketio"`) or `"socket.io"`.
   */
  channel: option<string | null>(
    null,
    "a name that is not empty",
    (value) => value === null || isName(value),
  ),
  /**
   * What all processes and emitters on the message queue know, and no other program: a text of at least 32
   * characters. They sign what they send each other, and take nothing without a signature. Of a list the
   * first secret makes signatures, and all check them.
   */
  queueSecret: queueSecretOption,
  /**
   * In whose words processes speak to each other: `"roomcast"`, or on one Redis with servers and programs of
   * another make `"python-socketio"` (5.14 or newer, Flask-SocketIO's among them) or `"redis-adapter"`
   * (`@socket.io/redis-adapter`).
   */
  format: option<QueueFormat>("roomcast", '"roomcast", "python-socketio" or "redis-adapter"', (value) =>
    ["roomcast", "python-socketio", "redis-adapter"].includes(value as string),
  ),
  /**
   * Whether requests of long-polling clients that land in another process are sent on to the one that holds
   * their connection, so that no load balancer has to be sticky; `{ host, port }` says where this process
   * listens for them. By default at the machine's own address, or at 127.0.0.1 where the message queue is on
   * the same machine; any free port.
   */
  relay: toggleOption<{ readonly host?: string; readonly port?: number }>(
    true,
    relayOptions,
    "{ host, port }",
  ),
  /** Which runtime serves: `"node"`, or `"bun"` for Bun's own server. Chosen by itself where it is `null`. */
  asyncMode: option<"node" | "bun" | null>(
    null,
    '"node" or "bun"',
    (value) => value === null || value === "node" || value === "bun",
  ),
  /** Where to write what the operator should know: `console`, or a logger with `info`, `warn` and `error`. */
  logger: option<Logger>(consoleLogger, "an object with the functions info, warn and error", (value) =>
    hasFunctions(value, "info", "warn", "error"),
  ),
  /** Whether to log everything that happens, event by event. */
  debug: booleanOption(false, { aliases: ["engineio_logger"] }),
} as const;

/**
 * The options of `new SocketIO()`. An interface, since unlike an alias it keeps its name in the compiler's
 * messages.
 */
export interface SocketIOOptions extends GivenOptions<typeof appOptions> {}

/** The settled options. */
export type AppOptions = ResolvedOptions<typeof appOptions>;

/** Whether a value is meant as options rather than as an application. */
export function looksLikeOptions(value: unknown): value is SocketIOOptions {
  return isPlainObject(value);
}
