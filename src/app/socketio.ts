/** The server as the application meets it: it puts the layers together and hands each its part. */

import type { RequestListener } from "node:http";
import { BunAdapter, type BunHandlers } from "../adapter/bun/bun-adapter.ts";
import type { BunFetch, BunRuntime, BunWebSocketHandlers } from "../adapter/bun/bun-runtime.ts";
import type { Application } from "../adapter/frameworks/application.ts";
import { isHttpServer } from "../adapter/frameworks/node-server.ts";
import { recognise, type ServedApplication } from "../adapter/frameworks/recognition.ts";
import { type HttpServer, NodeAdapter } from "../adapter/node/node-adapter.ts";
import { HandoverPrimary } from "../adapter/node/socket-handover.ts";
import { processLabel } from "../backplane/cluster/cluster.ts";
import { checkFunction } from "../base/check-function.ts";
import { RoomcastError } from "../base/errors.ts";
import { errorText } from "../base/foreign-value.ts";
import { SafeLogger } from "../base/logger.ts";
import { checkOptions, type Hint, option, type ResolvedOptions, resolveOptions } from "../base/options.ts";
import { quoted } from "../base/printable.ts";
import { systemClock } from "../base/time/clock.ts";
import { Trace, type TraceListener } from "../base/trace.ts";
import type { Definite } from "../context/definite-options.ts";
import { findContext, runOutsideContext } from "../context/handler-context.ts";
import { type NamespaceName, nameHint, namespaceOr } from "../context/target-options.ts";
import type { Contract, Register } from "../contract/events.ts";
import { Hub } from "../core/hub.ts";
import type { LostClient } from "../core/model/lost-client.ts";
import type { OutgoingListener } from "../core/outgoing-events.ts";
import { Counters } from "../engine/counters.ts";
import { Engine } from "../engine/engine.ts";
import type { RequestSink } from "../engine/ports.ts";
import { answerFields } from "../engine/request/http-error.ts";
import { describeTrace } from "../observe/debug-log.ts";
import { HandlerFailures } from "../testing/handler-failures.ts";
import { TestClient } from "../testing/test-client.ts";
import { type TestClientOptions, testClientOptions } from "../testing/test-client-options.ts";
import { ClusterSetup } from "./cluster/cluster-setup.ts";
import { isWorker, tellListening } from "./cluster/worker-process.ts";
import type { ErrorHandler, Handler } from "./handlers/handler-table.ts";
import type { Middleware } from "./handlers/middleware-context.ts";
import { NamespaceFactory } from "./handlers/namespace-factory.ts";
import { RunningHandlers } from "./handlers/running-handlers.ts";
import { handlersOfClass, Namespace } from "./namespace-class.ts";
import { type HandledEvents, type HandlerOf, type Handlers, NamespaceHandle } from "./namespace-handle.ts";
import { Operations } from "./operations.ts";
import {
  type AppOptions,
  appOptions,
  looksLikeOptions,
  type SocketIOOptions,
} from "./options/app-options.ts";
import { settleDedupe } from "./options/dedupe-options.ts";
import { type DrainOptions, drainOptions, type SettledDrainOptions } from "./options/drain-options.ts";
import { type NamespaceOptions, namespaceOptions } from "./options/namespace-options.ts";
import { isNamespacePattern, type NamespacePattern, patternText } from "./options/namespace-pattern.ts";
import { type PresenceOptions, settlePresence } from "./options/presence-options.ts";
import { settleRecovery } from "./options/recovery-options.ts";
import { type RunOptions, runOptions, type TlsOptions } from "./options/run-options.ts";
import { Presence } from "./presence/presence.ts";
import { AttachWarning } from "./serve/attach-warning.ts";
import { type BackgroundTask, BackgroundTasks, sleep } from "./serve/background-tasks.ts";
import { chooseBun, listenOnBun, notFoundOnBun } from "./serve/bun-listener.ts";
import { ClientScript } from "./serve/client-script.ts";
import { Drain } from "./serve/drain.ts";
import {
  addressOf,
  closeServer,
  listen,
  listenError,
  makeServer,
  type RunningAddress,
  type RunningServer,
} from "./serve/http-listener.ts";
import { processSignals } from "./serve/signals.ts";
import { Workers, workerCount } from "./serve/workers.ts";
import { Servers } from "./servers.ts";
import type { Stats } from "./stats.ts";

export type { RunningAddress };

/** {@link NamespaceOption} as a program has it that is compiled with `exactOptionalPropertyTypes`. */
export interface ExactNamespaceOption {
  /** The namespace, a pattern of namespaces, or `"*"` for all that clients may join. Default `"/"`. */
  namespace?: NamespacePattern;
}

/** The options that name a namespace. */
export type NamespaceOption = Definite<ExactNamespaceOption>;

/** The table of {@link NamespaceOption}. */
const namespaceOptionTable = {
  namespace: option<NamespacePattern>(
    "/",
    patternText,
    (value) => value === "" || isNamespacePattern(value),
    {
      definite: true,
      code: "ERR_NAMESPACE",
      aliases: ["nsp"],
    },
  ),
} as const;

/** How long clients may take to say goodbye when the server stops, in ms. */
const goodbyeTimeout = 1000;
/** How long handlers and tasks that still run are waited for when the server stops, in ms. */
const handlerTimeout = 5000;

/**
 * A real-time server for Socket.IO's clients.
 *
 * ```ts
 * const socketio = new SocketIO(app);
 * socketio.on("connect", () => emit("welcome", { sid: request.sid }));
 * await socketio.run({ port: 5000 });
 * ```
 *
 * @typeParam C - the {@link Contract} of events and session; by default what the program put into {@link Register}.
 *   The ambient functions follow {@link Register} alone, and no contract that is named here
 */
export class SocketIO<C extends Contract = Register> extends Operations<C, NamespaceName> {
  /** What the application's processes tell each other. */
  readonly servers: Servers<C>;
  readonly #options: AppOptions;
  readonly #trace = new Trace((error) => this.#options.logger.error("A trace listener failed", error));
  readonly #counters = new Counters();
  readonly #namespaces: NamespaceFactory;
  readonly #hub: Hub;
  readonly #engine: Engine;
  readonly #cluster: ClusterSetup;
  readonly #presence: Presence;
  readonly #root: NamespaceHandle<C>;
  readonly #inFlight = new RunningHandlers();
  readonly #failures = new HandlerFailures();
  readonly #tasks: BackgroundTasks;
  readonly #clientScript: ClientScript;
  #application: Application | null = null;
  /** The servers that the application has handed over. */
  readonly #attached = new Set<HttpServer>();
  /** Takes requests of servers that may have begun to listen in a handler. */
  readonly #requestSink: RequestSink = {
    owns: (url) => this.#engine.owns(url),
    handleRequest: (exchange) => runOutsideContext(() => this.#engine.handleRequest(exchange)),
    handleUpgrade: (exchange) => runOutsideContext(() => this.#engine.handleUpgrade(exchange)),
  };
  readonly #adapters: { detach(): void }[] = [];
  /** Bun, where it is to serve. */
  #bun: BunRuntime | null;
  #reminder: AttachWarning | null = null;
  #close: (() => Promise<void>) | null = null;
  #running: Promise<RunningAddress> | null = null;
  #isListening = false;
  #stopping: Promise<void> | null = null;
  #draining: Promise<void> | null = null;
  #departure: Drain | null = null;
  #workers: Workers | null = null;
  #unwatch: (() => void) | null = null;
  #stopDebugging: (() => void) | null = null;

  /**
   * @param app - an Express, Koa, Fastify or Hono application, or a server of `node:http`, `node:https` or
   *   `node:http2`; nothing for a server of its own
   * @param options - see the reference of options in `docs/api.md`
   * @throws {@link RoomcastError} `ERR_APP` for something else, `ERR_OPTION` for an unknown or unusable option
   */
  constructor(app?: ServedApplication | SocketIOOptions | null, options?: SocketIOOptions) {
    super({ hub: () => this.#hub, namespaceOf: (options) => namespaceOr(options?.namespace, "/") });
    const application = recognise(app);
    const given = application === undefined ? app : options;
    if (application === undefined && (options !== undefined || !looksLikeOptions(app)))
      throw notAnApplication("new SocketIO()", app);
    const settled = resolveOptions(
      appOptions,
      given === undefined ? {} : given,
      "new SocketIO()",
      constructorHint,
    );
    // Nothing here calls the application's logger but through this one, which never throws.
    this.#options = Object.freeze({ ...settled, logger: new SafeLogger(settled.logger) });
    this.#bun = chooseBun(this.#options.asyncMode, application ?? null);
    const { logger } = this.#options;
    this.#tasks = new BackgroundTasks(
      (error, name) => logger.error(`The background task "${name}" failed`, error),
      this.#trace,
    );
    this.#clientScript = new ClientScript(warnOnce((message) => logger.warn(message)));
    const server = this;
    this.#namespaces = new NamespaceFactory(this.#options, {
      get hub() {
        return server.#hub;
      },
      get isStopped() {
        return server.#stopping !== null;
      },
      trace: this.#trace,
      logger,
      handlers: this.#inFlight,
      failures: this.#failures,
    });
    this.#hub = new Hub(this.#namespaces, this.#options, systemClock, this.#trace, this.#counters);
    this.#engine = new Engine(
      this.#options,
      {
        onConnection: (connection) => this.#hub.clients.onConnection(connection),
        hasFile: (name) => this.#options.serveClient && this.#clientScript.has(name),
        serveFile: (name, request) => this.#clientScript.serve(name, request),
        warn: (message) => logger.warn(message),
        report: (error) => this.#namespaces.report(error),
      },
      systemClock,
      this.#trace,
      this.#counters,
    );
    this.#presence = new Presence({
      others: () => this.#cluster.servers,
      clock: systemClock,
      logger,
    });
    this.servers = this.#makeServers();
    this.#cluster = new ClusterSetup(this.#options, {
      hub: this.#hub,
      engine: this.#engine,
      server: this.servers,
      logger,
      clock: systemClock,
      trace: this.#trace,
    });
    // A handler may make a server: what reaches it later is not that handler's business.
    runOutsideContext(() => this.#cluster.connect(this.asyncMode));
    this.#root = this.namespace<C>("/");
    for (const pattern of [this.#options.namespaces].flat() as NamespacePattern[]) {
      if (pattern === "*") this.#namespaces.registry.open();
      else this.namespace(pattern);
    }
    if (this.#options.debug) this.#startDebugging();
    if (application) this.#bind(application);
  }

  /** Which runtime serves. */
  get asyncMode(): "node" | "bun" {
    return this.#bun === null ? "node" : "bun";
  }

  /** The number of clients that are connected. */
  get clientCount(): number {
    return this.#hub.clients.size;
  }

  /**
   * A namespace, for registering several handlers and for emitting into it. With a pattern it stands for every
   * namespace that matches, and clients may join those; `"*"` stands for all that they may join otherwise, and opens none.
   *
   * @param name - the namespace's name, a pattern of names, a function that decides about names, or `"*"`
   * @param options - what differs from the whole server's options. It applies to clients that come to a namespace that
   *   nobody is in, so it is to be given before the server runs.
   * @typeParam Own - the contract of this namespace, if it is another than the server's
   * @throws {@link RoomcastError} `ERR_NAMESPACE`, `ERR_OPTION`
   */
  namespace<Own extends Contract = C>(
    name: NamespacePattern,
    options: NamespaceOptions = {},
  ): NamespaceHandle<Own> {
    resolveOptions(namespaceOptions, options, "namespace()");
    const pattern = name === "" ? "/" : name;
    const table = this.#namespaces.registry.table(pattern);
    if (options.ordering !== undefined) table.ordering = options.ordering;
    if (options.recovery !== undefined) table.recovery = settleRecovery(options.recovery);
    if (options.dedupe !== undefined) table.dedupe = settleDedupe(options.dedupe);
    return new NamespaceHandle<Own>(pattern, { registry: this.#namespaces.registry, hub: this.#hub });
  }

  /**
   * Handles an event. What the handler returns is the acknowledgement. It may be registered at any time and applies to
   * clients that are there already.
   *
   * @param event - the event's name, or `"connect"`, `"disconnect"`, `"*"` for all that have no handler
   * @param handler - gets the event's arguments
   * @param options - the namespace
   * @throws {@link RoomcastError} `ERR_HANDLER` when the event has a handler already
   */
  on<Name extends keyof HandledEvents<C> & string>(
    event: Name,
    handler: HandlerOf<C, Name>,
    options?: NamespaceOption,
  ): this {
    this.#handle("on()", options).on(event, handler);
    return this;
  }

  /** The same as {@link SocketIO.on}, under Flask-SocketIO's name. */
  onEvent<Name extends keyof HandledEvents<C> & string>(
    event: Name,
    handler: HandlerOf<C, Name>,
    options?: NamespaceOption,
  ): this {
    this.#handle("onEvent()", options).on(event, handler);
    return this;
  }

  /**
   * Handles the event that the function is named after: `socketio.event(function my_ping() { emit("my_pong"); })`.
   *
   * @throws {@link RoomcastError} `ERR_HANDLER` when it has no name
   */
  event(handler: Handler, options?: NamespaceOption): this {
    this.#handle("event()", options).event(handler);
    return this;
  }

  /**
   * Handles several events: each property's name is the event's name.
   *
   * @throws {@link RoomcastError} `ERR_HANDLER`, and then none is registered
   */
  events(handlers: Handlers<C>, options?: NamespaceOption): this {
    this.#handle("events()", options).events(handlers);
    return this;
  }

  /** Takes an event's handler away. */
  off(event: keyof HandledEvents<C> & string, options?: NamespaceOption): this {
    this.#handle("off()", options).off(event);
    return this;
  }

  /**
   * Registers a class namespace: its methods named `on_<event>` are its handlers.
   *
   * @throws {@link RoomcastError} `ERR_HANDLER` when an event has a handler already, or the instance belongs to another
   *   server
   */
  onNamespace<Own extends Contract>(namespace: Namespace<Own>): this {
    if (!(namespace instanceof Namespace)) {
      throw new RoomcastError(
        "ERR_HANDLER",
        'onNamespace() takes an instance of a class that extends Namespace: onNamespace(new Chat("/chat")).',
      );
    }
    Namespace.register(namespace, this.#hub);
    this.namespace<Contract>(namespace.name).events(Object.fromEntries(handlersOfClass(namespace)));
    return this;
  }

  /**
   * Adds a function around handlers: those of `connect` and of every event that clients send, in all namespaces
   * unless the options name one.
   *
   * @param middleware - `async (context, next) => { …; return next(); }`; what it throws is treated as if the handler
   *   had thrown it
   * @param options - the namespace, if not all
   */
  use(middleware: Middleware, options: NamespaceOption = {}): this {
    checkFunction("Middleware", middleware);
    const handle = this.#handle("use()", options);
    if (options.namespace === undefined) this.#namespaces.middleware.push(middleware);
    else handle.use(middleware);
    return this;
  }

  /** Handles what handlers of the namespace `"/"` throw; what it returns is the acknowledgement: see {@link ErrorHandler}. */
  onError(handler: ErrorHandler): this;
  /** Handles what handlers of a namespace throw; what it returns is the acknowledgement. */
  onError(namespace: NamespacePattern, handler: ErrorHandler): this;
  onError(first: NamespacePattern | ErrorHandler, second?: ErrorHandler): this {
    // A function that comes first is a rule for namespaces where a handler follows it.
    if (second === undefined && typeof first === "function") this.#root.onError(first as ErrorHandler);
    else this.#handle("onError()", { namespace: first as NamespacePattern }).onError(second as ErrorHandler);
    return this;
  }

  /** Handles what handlers throw in namespaces without an error handler; what it returns is the acknowledgement. */
  onErrorDefault(handler: ErrorHandler): this {
    checkFunction("An error handler", handler);
    this.#namespaces.defaultErrorHandler = handler;
    return this;
  }

  /**
   * Handles the loss of clients that were waited for (the option `recovery`) and have not come back in time, or cannot be
   * given all that they have missed. Of a client that leaves by its own or the application's will, the `disconnect`
   * handler tells, by its reason.
   *
   * @param handler - gets the client's `sid`, `namespace` and `rooms`. It runs outside of any client's context.
   * @throws {@link RoomcastError} `ERR_HANDLER` when it is no function
   */
  onRecoveryExpired(handler: (client: LostClient) => unknown): this {
    checkFunction("The handler of onRecoveryExpired()", handler);
    this.#namespaces.lossHandler = handler;
    return this;
  }

  /**
   * Tells who is there, over all processes: of rooms that have got their first member anywhere, and of rooms that have had none
   * for a while. A room for each user, which all of the user's connections join, makes that the user's presence.
   *
   * ```ts
   * socketio.onPresence("user:", {
   *   online: (room) => console.log(room, "is here"),
   *   offline: (room) => console.log(room, "has gone"),
   * });
   * ```
   *
   * @param prefix - what the names of the rooms begin with; to be given before clients come, and alike in all processes
   * @param options - `online` and `offline`, which get the room's name, each called in one of the processes; `grace`, how long a
   *   room may be empty until that is told, in ms, default 10 000; `namespace`, default `"/"`
   * @throws {@link RoomcastError} `ERR_OPTION`
   */
  onPresence(prefix: string, options: PresenceOptions): this {
    this.#presence.watch(settlePresence(prefix, options));
    this.#hub.namespaces.watchRooms(this.#presence);
    return this;
  }

  /**
   * Starts work that goes on beside the handlers. It runs outside of any handler's context, its errors are logged, and
   * it is cancelled when the server stops: its last argument is an `AbortSignal`, and {@link SocketIO.sleep} ends it.
   *
   * With the option `workers` of {@link SocketIO.run}, what is started before `run()` has resolved runs once, in the
   * process that forked the workers; what is started later runs where it is started.
   *
   * @param run - the work
   * @param values - its arguments
   */
  startBackgroundTask<Values extends unknown[]>(
    run: NoInfer<(...values: [...Values, AbortSignal]) => unknown>,
    ...values: Values
  ): BackgroundTask {
    if (this.#stopping !== null)
      throw new RoomcastError("ERR_STATE", "The server has stopped and starts no tasks.");
    // Every worker runs the program from its beginning. What that starts is there once: in the process that forked them.
    if (isWorker() && !this.#isListening) return { finished: Promise.resolve(), cancel() {} };
    return this.#tasks.start(run, values);
  }

  /**
   * Waits. In a background task the wait ends the task when the server stops.
   *
   * @param milliseconds - how long to wait, in ms
   */
  sleep(milliseconds: number): Promise<void> {
    return sleep(milliseconds);
  }

  /** How many connections there are, and what has been counted: ends by their reason, refusals, what limits held back. */
  stats(): Stats {
    const { closed, refused, ...counts } = this.#counters;
    return {
      connections: this.#engine.connectionCount,
      handshakes: this.#engine.handshakeCount,
      clients: this.#hub.clients.size,
      ...counts,
      closed: { ...closed },
      refused: { ...refused },
    };
  }

  /**
   * Has a function called with every event that this process sends: its name, its arguments and where it goes. Events
   * that other processes send do not come here.
   *
   * @param listener - what it throws is logged, and disturbs nothing
   * @returns a function that stops that
   */
  onOutgoing(listener: OutgoingListener): () => void {
    checkFunction("A listener of outgoing events", listener);
    return this.#hub.outgoing.listen(listener);
  }

  /** Tells a listener everything that happens; the returned function stops that. */
  trace(listener: TraceListener): () => void {
    checkFunction("A trace listener", listener);
    return this.#trace.listen(listener);
  }

  /**
   * A client that drives the handlers in this process, without a port, for tests.
   *
   * @param options - what its request carries, the namespace that it means, and whether it throws what handlers throw
   * @throws {@link RoomcastError} `ERR_OPTION` for an unknown or unusable option
   */
  testClient(options: TestClientOptions = {}): TestClient {
    const settled = resolveOptions(testClientOptions, options, "testClient()");
    this.#reminder?.settle();
    this.#cluster.connection?.keepNothing();
    const owner = {
      engine: this.#engine,
      codec: this.#hub.codec,
      handlers: this.#inFlight,
      failures: this.#failures,
    };
    return new TestClient(owner, settled);
  }

  /**
   * Serves beside an application that is made later than this server, as in an application factory: as if it had been given
   * to the constructor. Handlers may be registered before, and {@link SocketIO.run} listens after.
   *
   * ```ts
   * export const socketio = new SocketIO({ cors: { origin: "https://example.com" } });
   *
   * export function createApp() {
   *   const app = express();
   *   socketio.initApp(app);
   *   return app;
   * }
   * ```
   *
   * @param app - what the constructor takes as an application; the options belong to the constructor
   * @param options - none: they would come too late
   * @throws {@link RoomcastError} `ERR_APP` for something else, `ERR_STATE` when there is an application already, or the server
   *   runs or has been stopped, `ERR_OPTION` for options
   */
  initApp(app: ServedApplication, options?: never): this {
    if (options !== undefined) {
      throw new RoomcastError(
        "ERR_OPTION",
        "initApp() takes the application alone: the options belong to the constructor, new SocketIO({ … }).",
      );
    }
    const application = recognise(app);
    if (application === null || application === undefined) throw notAnApplication("initApp()", app);
    if (this.#application !== null)
      throw new RoomcastError(
        "ERR_STATE",
        "initApp() was called on a server that has an application already.",
      );
    this.#requireIdle("initApp()");
    const bun = chooseBun(this.#options.asyncMode, application);
    if (bun !== this.#bun && this.#cluster.connection !== null) {
      // How requests find other processes was settled for Bun's server.
      throw new RoomcastError(
        "ERR_APP",
        `${application.name} is served by node:http, which a server with a messageQueue has to know when it is made: new SocketIO({ asyncMode: "node" }).`,
      );
    }
    this.#bun = bun;
    this.#bind(application);
    return this;
  }

  #bind(application: Application): void {
    this.#application = application;
    application.beforeClose?.(() => this.#endWithApplication());
    if (application.server) this.attach(application.server);
    else if (this.#adapters.length === 0)
      this.#reminder = new AttachWarning(application.name, this.#options.logger, systemClock);
  }

  #requireIdle(what: string): void {
    if (this.#running === null && this.#draining === null && this.#stopping === null) return;
    throw new RoomcastError(
      "ERR_STATE",
      `${what} was called on a server that runs already, or has been stopped.`,
    );
  }

  /**
   * Serves Roomcast's path on a server that the application has made. The application listens with it, or
   * {@link SocketIO.run} does.
   *
   * @throws {@link RoomcastError} `ERR_APP` when it is no server, or Bun's own server serves
   */
  attach(server: HttpServer): this {
    if (this.#bun !== null) {
      throw new RoomcastError(
        "ERR_APP",
        "attach() takes a server of Node's, and Bun's own is to serve: hand bunHandlers() to Bun.serve, or name asyncMode: \"node\".",
      );
    }
    if (!isHttpServer(server)) {
      throw new RoomcastError(
        "ERR_APP",
        "attach() takes a node:http, node:https or node:http2 server, such as app.listen() returns; initApp() takes an application.",
      );
    }
    this.#attached.add(server);
    this.#attachTo(server);
    return this;
  }

  #attachTo(server: HttpServer): void {
    this.#reminder?.settle();
    runOutsideContext(() => this.#cluster.connection?.serve(false))?.catch((error: unknown) =>
      this.#options.logger.error(errorText(error)),
    );
    this.#adapters.push(new NodeAdapter(server, this.#requestSink, this.#options));
  }

  /**
   * What to hand to `Bun.serve`, in a program that calls it itself: `Bun.serve({ port, ...socketio.bunHandlers(app) })`.
   *
   * @param app - answers the requests that are not Roomcast's, and has the handlers of WebSockets that are not; by
   *   default the application
   * @throws {@link RoomcastError} `ERR_APP` where Bun does not serve
   */
  bunHandlers(app: { fetch?: unknown; websocket?: unknown } = {}): BunHandlers {
    if (this.#bun === null) {
      throw new RoomcastError(
        "ERR_APP",
        "bunHandlers() is for programs that run on Bun, and are not served by node:http there.",
      );
    }
    this.#reminder?.settle();
    this.#cluster.connection?.keepNothing();
    const own = this.#application;
    const { fetch = own?.fetch ?? notFoundOnBun, websocket = own?.websocket } = app;
    const adapter = new BunAdapter(this.#engine, this.#options);
    this.#adapters.push(adapter);
    return adapter.handlers({
      fetch: (request, server) => Reflect.apply(fetch as BunFetch, app, [request, server]),
      websocket: (websocket ?? {}) as Partial<BunWebSocketHandlers>,
    });
  }

  /**
   * Listens: with the application's own server where it has one, with the server that {@link SocketIO.attach} was given where
   * that does not listen yet, and otherwise with a server of its own.
   *
   * @returns where it listens
   * @throws {@link RoomcastError} `ERR_LISTEN` when it cannot, `ERR_MISSING_PACKAGE`, `ERR_MESSAGE_QUEUE` when the message
   *   queue refuses this process, `ERR_STATE` when it runs already
   */
  async run(options: RunOptions = {}): Promise<RunningAddress> {
    const settled = resolveOptions(runOptions, options, "run()", runHint);
    this.#requireIdle("run()");
    this.#reminder?.settle();
    // Node runs requests in the context in which a server began to listen.
    this.#running = runOutsideContext(() => this.#run(settled));
    try {
      return await this.#running;
    } catch (error) {
      this.#running = null;
      throw error;
    }
  }

  /**
   * Whether new clients are served: not before it listens, not when it drains or has stopped, and not where the message queue
   * refuses this process. For a health route.
   */
  get ready(): boolean {
    const isServing = this.#adapters.length > 0 || this.#isListening;
    // A process whose clients nobody else reaches, for good, is not to get more of them.
    if (this.#cluster.connection?.isRefused === true) return false;
    return isServing && this.#draining === null && this.#stopping === null;
  }

  /**
   * Stops without haste, for a process that another one replaces: {@link SocketIO.ready} turns false, new clients are
   * refused with status 503, those who are there are sent away one after the other, in an order of chance, and those whose
   * events are being handled when that is done. Then it stops like {@link SocketIO.stop}, waiting for handlers and tasks
   * for what is left of the time. Clients of the field reconnect after this.
   *
   * @param options - `timeout` and `stagger` in ms, and the `reason` that clients are told
   * @returns a promise that resolves when everything has come to its end
   * @throws {@link RoomcastError} `ERR_OPTION`
   */
  drain(options: DrainOptions = {}): Promise<void> {
    const settled = resolveOptions(drainOptions, options, "drain()", drainHint);
    this.#exemptCaller();
    if (this.#stopping !== null) return this.#draining ?? this.#stopping;
    this.#draining ??= this.#drain(settled);
    return this.#draining;
  }

  /**
   * Stops: cancels background tasks, ends all clients after what was sent to them, waits for their handlers (all of it for
   * at most 5 s, and 1 s for goodbyes), and closes what {@link SocketIO.run} opened. A server that the application listens
   * with itself goes on without Roomcast. Clients of the field try to reconnect after this. A handler or a task that calls
   * it is not waited for.
   *
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` in a program that only emits, where something did not reach the message
   *   queue
   */
  stop(): Promise<void> {
    this.#exemptCaller();
    this.#stopping ??= this.#stop(handlerTimeout);
    this.#departure?.hurry();
    return this.#stopping;
  }

  /** The application closes itself, and would wait for the clients to leave. */
  async #endWithApplication(): Promise<void> {
    // Where it is stop() that closes the application, the clients have left.
    if (this.#stopping !== null) return;
    this.#close = null;
    await this.stop();
  }

  async #run({
    host,
    port,
    tls,
    debug,
    workers,
    signals,
  }: ResolvedOptions<typeof runOptions>): Promise<RunningAddress> {
    if (debug) this.#startDebugging();
    if (workers !== null && this.#bun !== null) {
      throw new RoomcastError(
        "ERR_OPTION",
        "The option workers needs Node's processes. On Bun, start the program several times, with a messageQueue.",
      );
    }
    if (workers !== null && !isWorker()) return this.#runWorkers(workers, signals);
    await this.#cluster.connection?.opened;
    await this.#cluster.connection?.serve(this.#namespaces.hasRecovery);
    const { address, close } =
      this.#bun === null
        ? await this.#listen(host, port, tls)
        : listenOnBun(this.#bun, this.bunHandlers(), { host, port, tls });
    this.#close = close;
    this.#isListening = true;
    if (signals !== false) this.#watchSignals(signals === true ? {} : signals);
    if (isWorker()) {
      tellListening(address);
      return address;
    }
    this.#options.logger.info(`Roomcast is listening on ${address.url} (async mode: ${this.asyncMode})`);
    return address;
  }

  /** Has other processes serve in place of this one. */
  async #runWorkers(workers: number | "auto", signals: boolean | DrainOptions): Promise<RunningAddress> {
    const { logger } = this.#options;
    const count = workerCount(workers);
    // Each worker would find out the same, and end.
    await this.#cluster.connection?.opened;
    const office = new HandoverPrimary();
    if (this.#cluster.connection === null && this.#namespaces.hasRecovery) {
      logger.warn(
        "Without a messageQueue each worker has its own memory of lost clients: who comes back to another worker begins anew. " +
          'To have them come back to any: new SocketIO(app, { messageQueue: "redis://…" }), or "nats://…".',
      );
    }
    const hub = this.#cluster.connectWorkers();
    const pool = new Workers(count, systemClock, logger, (worker) => {
      hub.connect(worker);
      office.connect(worker);
    });
    this.#close = () => pool.stop();
    const address = await pool.start();
    this.#workers = pool;
    this.#isListening = true;
    if (signals !== false) this.#watchSignals(signals === true ? {} : signals);
    logger.info(`Roomcast is listening on ${address.url} (async mode: ${this.asyncMode}, workers: ${count})`);
    return address;
  }

  async #drain(options: SettledDrainOptions): Promise<void> {
    const end = systemClock.now() + options.timeout;
    this.#engine.refuseClients();
    await this.#running?.catch(() => {});
    if (this.#stopping === null) {
      this.#departure = new Drain(this.#hub.clients.all(), options, systemClock);
      await this.#departure.finished;
    }
    this.#stopping ??= this.#stop(Math.max(0, end - systemClock.now()));
    await this.#stopping;
  }

  async #stop(timeout: number): Promise<void> {
    const end = systemClock.now() + timeout;
    const left = () => Math.max(0, end - systemClock.now());
    this.#reminder?.settle();
    const tasks = this.#tasks.stop();
    // A signal may have reached them too: who ends now is not replaced.
    this.#workers?.expectEnd();
    this.#unwatch?.();
    // What is about to listen has to do so before it can be closed. Why it could not is told to whoever called run().
    await this.#running?.catch(() => {});
    // Handlers that run can still answer their clients; those of `disconnect` run when the clients are told to go.
    this.#engine.refuseClients();
    await this.#inFlight.settled(left());
    await this.#cluster.connection?.delivered();
    await this.#engine.close(goodbyeTimeout);
    await this.#inFlight.settled(left());
    await new Promise<void>((resolve) => {
      const timer = systemClock.after(left(), resolve, true);
      void tasks.then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#presence.close();
    try {
      await this.#cluster.connection?.close();
    } finally {
      this.#hub.namespaces.close();
      await this.#close?.();
      for (const adapter of this.#adapters) adapter.detach();
      this.#stopDebugging?.();
    }
  }

  #makeServers(): Servers<C> {
    const { logger, messageQueue, format } = this.#options;
    return new Servers({
      others: () => this.#cluster.servers,
      problem:
        messageQueue === null || format === "roomcast"
          ? null
          : `The format "${format}" has no events from server to server.`,
      presence: this.#presence,
      logger,
      clock: systemClock,
      label: processLabel(),
    });
  }

  /** A handler that waits for the end of the server is not waited for. */
  #exemptCaller(): void {
    const context = findContext();
    // Nor does its client have to stay for it.
    if (context !== undefined && this.#inFlight.exempt(context)) context.socket.running -= 1;
  }

  async #listen(host: string, port: number, tls: TlsOptions | null): Promise<RunningServer> {
    const app = this.#application;
    const existing = app?.server ?? this.#attachedServer();
    if (existing !== null) {
      if (tls !== null) {
        const owner = app?.server
          ? `The ${app.name} application has a server of its own`
          : "run() listens with the server that attach() was given";
        throw new RoomcastError("ERR_OPTION", `${owner}: give tls to that one.`);
      }
      if (existing.listening) throw listensAlready();
    }
    if (app?.listen !== undefined && existing !== null) {
      const close = await app.listen(host, port).catch((error: unknown) => {
        throw listenError(error, host, port);
      });
      return { address: addressOf(existing, host), close };
    }
    const server = existing ?? (await this.#makeServer(tls));
    await listen(server, host, port);
    return { address: addressOf(server, host), close: () => closeServer(server) };
  }

  /** The server that the application has handed over and does not listen with; `null` where run() makes one. */
  #attachedServer(): HttpServer | null {
    const [first, ...others] = [...this.#attached].filter(({ listening }) => !listening);
    if (first === undefined) {
      // A second server would have nothing to serve but clients who do not know of it.
      if (this.#application === null && this.#attached.size > 0) throw listensAlready();
      return null;
    }
    if (others.length === 0) return first;
    throw new RoomcastError(
      "ERR_STATE",
      `attach() was given ${others.length + 1} servers that do not listen yet, and run() listens with one: have the others listen first, or do without run().`,
    );
  }

  async #makeServer(tls: TlsOptions | null): Promise<HttpServer> {
    const make = (listener: RequestListener) => makeServer(listener, tls);
    const server = (await this.#application?.makeServer(make)) ?? make(notFound);
    this.#attachTo(server);
    return server;
  }

  #handle(what: string, options: NamespaceOption = {}): NamespaceHandle<C> {
    checkOptions(namespaceOptionTable, options, what, nameHint);
    const namespace = namespaceOr(options.namespace, "/");
    return namespace === "/"
      ? this.#root
      : new NamespaceHandle<C>(namespace, { registry: this.#namespaces.registry, hub: this.#hub });
  }

  #watchSignals(options: DrainOptions): void {
    this.#unwatch = processSignals.add({
      drain: () => {
        this.#options.logger.info(`SIGTERM: sending ${this.clientCount} clients away`);
        return this.drain(options);
      },
      stop: () => this.stop(),
    });
  }

  #startDebugging(): void {
    const { logger } = this.#options;
    this.#stopDebugging ??= this.#trace.listen((event) => {
      if (event.type === "arguments missing") logger.warn(describeTrace(event));
      else logger.info(describeTrace(event));
    });
  }
}

/** Users of other libraries give the constructor what belongs to `run()`. */
const constructorHint: Hint = (_given, name) =>
  name !== undefined && Object.hasOwn(runOptions, name) ? `"${name}" is an option of run().` : undefined;

/** Users of other libraries give `run()` the application, the port, or what belongs to the constructor. */
const runHint: Hint = (given, name) => {
  if (typeof given === "number") return `Did you mean { port: ${given} }?`;
  if (typeof given === "string") return `Did you mean { host: ${quoted(given)} }?`;
  if (given !== null && recognise(given))
    return "The application belongs to the constructor, new SocketIO(app), or to initApp(app).";
  return name !== undefined && Object.hasOwn(appOptions, name)
    ? `"${name}" is an option of new SocketIO().`
    : undefined;
};

const drainHint: Hint = (given) =>
  typeof given === "number" ? `Did you mean { timeout: ${given} }?` : undefined;

function listensAlready(): RoomcastError {
  return new RoomcastError(
    "ERR_STATE",
    "The server listens already, so run() is not needed: Roomcast is attached to it.",
  );
}

function notAnApplication(what: string, app: unknown): RoomcastError {
  return new RoomcastError(
    "ERR_APP",
    `${what} takes an Express, Koa, Fastify or Hono application or a node:http server, not ${typeof app === "object" ? "this object" : typeof app}.`,
  );
}

function notFound(
  _request: unknown,
  response: { writeHead(status: number, headers: typeof answerFields): { end(body: string): void } },
): void {
  response.writeHead(404, answerFields).end("Not found");
}

function warnOnce(warn: (message: string) => void): (message: string) => void {
  let warned = false;
  return (message) => {
    if (!warned) warn(message);
    warned = true;
  };
}
