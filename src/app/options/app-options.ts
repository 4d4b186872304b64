/** The options of `new SocketIO()`: those of the engine and those of the application, in one table. */

import type { HttpMiddleware } from "../../adapter/frameworks/request-chain.ts";
import type { QueueFormat } from "../../backplane/queue/foreign-queue.ts";
import { queueOptions } from "../../backplane/queue/queue-options.ts";
import { type MessageQueue, queueProblem } from "../../backplane/queue/queue-source.ts";
import { consoleLogger } from "../../base/log/console-writer.ts";
import type { Logger } from "../../base/log/logger.ts";
import { isLogger, loggerKinds, loggerProblem } from "../../base/log/logger-kind.ts";
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
import { contractOption, validationOptions } from "../contract/contract-option.ts";
import { debugOption } from "./debug-option.ts";
import { dedupeOption } from "./dedupe-options.ts";
import { meteringOption } from "./metrics-options.ts";
import type { NamespacePattern } from "./namespace-pattern.ts";
import { orderingOption } from "./ordering-option.ts";
import { queueRequiredOption } from "./queue-required-option.ts";
import { queueSecretOption } from "./queue-secret-option.ts";
import { recoveryOption } from "./recovery-options.ts";

const isPattern = (value: unknown) =>
  typeof value === "string" || typeof value === "function" || value instanceof RegExp;

const isName = (value: unknown) => typeof value === "string" && value !== "";

const isPort = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;

const isFunctions = (value: unknown) =>
  [value].flat().length > 0 && [value].flat().every((each) => typeof each === "function");

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
   * started, `"serial"` when the one before has ended.
   */
  ordering: orderingOption,
  /**
   * The contract of all namespaces that have none of their own. It checks what clients send, and refuses
   * events that it does not have.
   */
  contract: contractOption,
  ...validationOptions,
  /**
   * Whether a client that lost its connection gets its session, its rooms and the events it missed back when
   * it returns, and within which bounds.
   */
  recovery: recoveryOption,
  /**
   * Whether an event that a client sends again, because its acknowledgement did not arrive, is handled only
   * once.
   */
  dedupe: dedupeOption,
  /** The source of visitors' HTTP sessions: `expressSession(middleware)`, `fastifySession(app)`, … */
  session: option<HttpSessions | null>(
    null,
    "a source of HTTP sessions such as expressSession(middleware)",
    (value) => value === null || hasFunctions(value, "open"),
  ),
  /**
   * Whether each client has its own session, which starts as a copy of the HTTP session; `false` gives
   * handlers the HTTP session itself, read before and saved after each of them.
   */
  manageSession: booleanOption(true),
  /**
   * What the request that opens a connection passes before its client is connected: functions in the form of
   * the application's framework, such as Express's `(request, response, next)`, or `true` for all that the
   * application's own requests pass. What they leave on the request is `request.http` in handlers.
   */
  httpMiddleware: option<HttpMiddleware | null>(
    null,
    "true, a function of the application's framework, or a list of such functions",
    (value) => value === null || value === true || isFunctions(value),
  ),
  /** Whether the browser's client is served below `path`, for example at `/socket.io/socket.io.js`. */
  serveClient: booleanOption(true),
  /**
   * The broker that connects the processes of an application: `"redis://host"`, `"rediss://host"` or
   * `"nats://host"`; an object with TLS, Sentinel and the rest; or a client that the program has. A server
   * without an application, on which `run()` is not called, only emits.
   */
  messageQueue: option<MessageQueue | null>(
    null,
    "a URL that begins with redis://, rediss://, nats://, tls:// or memory://, options or a client",
    (value) => value === null || queueProblem(value) === null,
    {
      members: queueOptions,
      aliases: ["adapter", "client_manager"],
      describes: (value) => queueProblem(value) ?? "",
    },
  ),
  /**
   * The name that separates applications on one broker. By default that of the format: `"roomcast"`,
   * `"socketio"` (Flask-SocketIO's own is `"flask-socketio"`) or `"socket.io"`.
   */
  channel: option<string | null>(
    null,
    "a name that is not empty",
    (value) => value === null || isName(value),
  ),
  /**
   * A secret that all processes and emitters on the message queue share and no other program knows: a text of
   * at least 32 characters. They sign what they send each other and accept nothing unsigned. In a list, the
   * first secret signs, and all of them verify.
   */
  queueSecret: queueSecretOption,
  /**
   * Whether the server is of no use without its message queue: `run()` waits for the queue and rejects if it
   * is not there within `timeout` ms (10 000), and `socketio.ready` is `false` while it is down.
   */
  queueRequired: queueRequiredOption,
  /**
   * The wire format between processes: `"roomcast"`; or, to share one Redis with other servers and programs,
   * `"python-socketio"` (5.14 or newer, Flask-SocketIO's included) or `"redis-adapter"`
   * (`@socket.io/redis-adapter`).
   */
  format: option<QueueFormat>("roomcast", '"roomcast", "python-socketio" or "redis-adapter"', (value) =>
    ["roomcast", "python-socketio", "redis-adapter"].includes(value as string),
  ),
  /**
   * Whether a long-polling request that reaches the wrong process is relayed to the one that holds its
   * connection, so that no load balancer has to be sticky; `{ host, port }` is where this process listens for
   * such requests. By default the machine's own address, or 127.0.0.1 where the message queue is on the same
   * machine; any free port.
   */
  relay: toggleOption<{ readonly host?: string; readonly port?: number }>(
    true,
    relayOptions,
    "{ host, port }",
  ),
  /** The runtime that serves: `"node"`, or `"bun"` for Bun's own server. `null` chooses it automatically. */
  asyncMode: option<"node" | "bun" | null>(
    null,
    '"node" or "bun"',
    (value) => value === null || value === "node" || value === "bun",
  ),
  /**
   * Whether everything of the table of metrics is counted and measured; by default, only what costs nothing.
   * `{ events }` also names events that the server sends.
   */
  metrics: meteringOption,
  /**
   * Where log lines go: `console`, a logger of pino or winston, Fastify's `app.log`, or an object with the
   * functions `info`, `warn` and `error`.
   */
  logger: option<Logger>(consoleLogger, loggerKinds, isLogger, { describes: loggerProblem }),
  /**
   * Whether to log every event, at the level debug. With `"payloads"`, lines have the arguments of events as
   * well.
   */
  debug: debugOption,
} as const;

/**
 * The options of `new SocketIO()`, without the contract, which gives the server its type. An interface, since
 * unlike an alias it keeps its name in the compiler's messages.
 */
export interface SocketIOOptions extends Omit<GivenOptions<typeof appOptions>, "contract"> {}

/** The settled options. */
export type AppOptions = ResolvedOptions<typeof appOptions>;

/** Whether a value is meant as options rather than as an application. */
export function looksLikeOptions(value: unknown): value is SocketIOOptions {
  return isPlainObject(value);
}
