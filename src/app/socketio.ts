/**
 * The server as the application meets it: it registers handlers, and puts the layers together.
 *
 * More than 400 lines, since more than half are the reference texts of public methods, and `SocketIO` has to
 * have them all.
 */

import type { BunHandlers } from "../adapter/bun/bun-adapter.ts";
import {
  notAnApplication,
  recognise,
  type ServedApplication,
  undefinedApplication,
} from "../adapter/frameworks/recognition.ts";
import type { NodeHandlers } from "../adapter/node/handed-requests.ts";
import type { HttpServer } from "../adapter/node/node-adapter.ts";
import type { InstrumentOptions } from "../admin/instrument-options.ts";
import { noQueue } from "../backplane/bus/queue-health.ts";
import { processLabel } from "../backplane/cluster/process-label.ts";
import { checkFunction } from "../base/check-function.ts";
import { RoomcastError } from "../base/errors.ts";
import { SafeLog } from "../base/log/safe-log.ts";
import { checkOptions, resolveOptions } from "../base/options.ts";
import { systemClock } from "../base/time/clock.ts";
import { Trace, type TraceListener } from "../base/trace.ts";
import { runOutsideContext } from "../context/handler-context.ts";
import { type NamespaceName, nameHint, namespaceOr } from "../context/target-options.ts";
import type { Contract, MaybePromise, Register } from "../contract/events.ts";
import { Hub } from "../core/hub.ts";
import type { LostClient } from "../core/model/lost-client.ts";
import type { OutgoingListener } from "../core/outgoing-events.ts";
import { Counters } from "../engine/counters.ts";
import { Engine } from "../engine/engine.ts";
import { DebugLog } from "../observe/debug-log.ts";
import type { Metric } from "../observe/metrics/metric.ts";
import { HandlerFailures } from "../testing/handler-failures.ts";
import { TestClient, type TestClientOwner } from "../testing/test-client.ts";
import { type TestClientOptions, testClientOptions } from "../testing/test-client-options.ts";
import { ClusterSetup, serverEventProblem } from "./cluster/cluster-setup.ts";
import { isWorker, workerRecord } from "./cluster/worker-process.ts";
import type { ContractOption } from "./contract/contract-option.ts";
import { DashboardSite, dashboardEvent } from "./dashboard/dashboard-site.ts";
import type { ErrorHandler, Handler } from "./handlers/handler-table.ts";
import type { AnyMiddleware, Middleware, MiddlewareContext } from "./handlers/middleware-context.ts";
import { NamespaceFactory } from "./handlers/namespace-factory.ts";
import { RunningHandlers } from "./handlers/running-handlers.ts";
import { registerMetrics } from "./metrics/metering.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { handlersOfClass, Namespace } from "./namespace-class.ts";
import { type HandledEvents, type HandlerOf, type Handlers, NamespaceHandle } from "./namespace-handle.ts";
import { Operations } from "./operations.ts";
import {
  type AppOptions,
  appOptions,
  looksLikeOptions,
  type SocketIOOptions,
} from "./options/app-options.ts";
import { type DashboardOptions, settleDashboard } from "./options/dashboard-options.ts";
import { settleDedupe } from "./options/dedupe-options.ts";
import { type DrainOptions, drainOptions } from "./options/drain-options.ts";
import { type MetricsOptions, metricsOptions, settleMetering } from "./options/metrics-options.ts";
import {
  type NamespaceOption,
  type NamespaceOptions,
  namespaceOptions,
  namespaceOptionTable,
} from "./options/namespace-options.ts";
import type { NamespacePattern } from "./options/namespace-pattern.ts";
import { type PresenceOptions, settlePresence } from "./options/presence-options.ts";
import { secretsOf } from "./options/queue-secret-option.ts";
import { settleRecovery } from "./options/recovery-options.ts";
import { type RunOptions, runOptions } from "./options/run-options.ts";
import { constructorHint, drainHint, refuseCallback, runHint, warnOfSeconds } from "./options/usage-hints.ts";
import { LatePresence } from "./presence/late-presence.ts";
import { type BackgroundTask, BackgroundTasks, sleep } from "./serve/background-tasks.ts";
import { ClientScript } from "./serve/client-script.ts";
import { HttpHost } from "./serve/http-host.ts";
import type { RunningAddress } from "./serve/http-listener.ts";
import { instrument } from "./serve/instrumentation.ts";
import { OpeningRequests } from "./serve/opening-requests.ts";
import { ServerLifecycle } from "./serve/server-lifecycle.ts";
import type { ServerInside } from "./server-hooks.ts";
import { Servers } from "./servers.ts";
import type { Stats } from "./stats.ts";

let inside: (server: SocketIO<Contract>) => ServerInside;

/**
 * A real-time server for Socket.IO's clients.
 *
 * ```ts
 * const socketio = new SocketIO(app);
 * socketio.on("connect", () => emit("welcome", { sid: request.sid }));
 * await socketio.run({ port: 5000 });
 * ```
 *
 * @typeParam C - the {@link Contract} of events and session; by default the one in {@link Register}. The
 *   ambient functions follow {@link Register} alone
 */
export class SocketIO<C extends Contract = Register> extends Operations<C, NamespaceName> {
  /** Events between the application's processes. */
  readonly servers: Servers<C>;
  readonly #namespaces: NamespaceFactory;
  readonly #hub: Hub;
  readonly #engine: Engine;
  readonly #cluster: ClusterSetup;
  readonly #presence: LatePresence;
  readonly #tasks: BackgroundTasks;
  readonly #host: HttpHost;
  readonly #lifecycle: ServerLifecycle;
  readonly #testOwner: TestClientOwner;
  readonly #metrics: ServerMetrics;
  readonly #root: NamespaceHandle<C>;

  static {
    inside = (server) => ({
      hub: server.#hub,
      engine: server.#engine,
      trace: server.#hub.trace,
      clock: systemClock,
      hooks: server.#namespaces.hooks,
      countServers: () => (server.#cluster.servers?.nodes().length ?? 0) + 1,
      connectForeign(make) {
        // Namespaces that are open do not hear of it. They close with their clients.
        for (const { connection } of [...server.#hub.clients.all()]) connection.close("reconnect requested");
        return runOutsideContext(() => server.#cluster.connectForeign(make));
      },
    });
  }

  /** A server without an application and with the default options. */
  constructor();
  /**
   * @param app - an Express, Koa, Fastify or Hono application, or a server of `node:http`, `node:https` or
   *   `node:http2`; nothing for a server of its own
   * @param options - see the reference of options in `docs/reference/options.md`
   * @throws {@link RoomcastError} `ERR_APP` for something else, `ERR_OPTION` for an unknown or unusable
   *   option
   */
  constructor(
    app: ServedApplication | (SocketIOOptions & ContractOption<C>) | null,
    options?: SocketIOOptions & ContractOption<C>,
  );
  constructor(...values: [app?: ServedApplication | SocketIOOptions | null, options?: SocketIOOptions]) {
    const [app, options] = values;
    super({ hub: () => this.#hub, namespaceOf: (options) => namespaceOr(options?.namespace, "/") });
    if (app === undefined && values.length > 0) throw undefinedApplication();
    const application = recognise(app);
    const given = application === undefined ? app : options;
    if (application === undefined && (options !== undefined || !looksLikeOptions(app)))
      throw notAnApplication("new SocketIO()", app);
    const resolved: AppOptions = resolveOptions(
      appOptions,
      given === undefined ? {} : given,
      "new SocketIO()",
      constructorHint,
    );
    // The application's logger is called through this one alone, which never throws.
    const logger = new SafeLog(resolved.logger, workerRecord());
    warnOfSeconds(resolved, logger);
    const clock = systemClock;
    const trace = new Trace((err) =>
      logger.error("A trace listener failed", { type: "trace listener failed", err }),
    );
    const handlers = new RunningHandlers();
    const failures = new HandlerFailures();
    const server = this;
    const counters = new Counters();
    this.#tasks = new BackgroundTasks(
      (err, task) =>
        logger.error(`The background task "${task}" failed`, { type: "background task failed", task, err }),
      trace,
    );
    this.#namespaces = new NamespaceFactory(resolved, {
      get hub() {
        return server.#hub;
      },
      get isStopped() {
        return server.#lifecycle.state === "stopped";
      },
      trace,
      logger,
      handlers,
      failures,
    });
    this.#hub = new Hub(this.#namespaces, resolved, { clock, trace, counters });
    if (this.#namespaces.hasRecovery) this.#namespaces.loadRecovery();
    if (resolved.contract !== null) this.#hub.outgoing.rules = this.#namespaces.contractRules;
    const clientScript = new ClientScript((message) =>
      logger.warn(message, { type: "client script missing" }),
    );
    const { httpMiddleware } = resolved;
    const openings =
      httpMiddleware === null
        ? null
        : new OpeningRequests(httpMiddleware, {
            path: resolved.path.replace(/\/+$/, ""),
            timeout: resolved.connectTimeout,
            clock,
            report: (error) => this.#namespaces.report(error, "A function of httpMiddleware failed"),
          });
    this.#engine = new Engine(
      resolved,
      {
        screen: openings,
        onConnection: (connection) => this.#hub.clients.onConnection(connection),
        hasFile: (name) => resolved.serveClient && clientScript.has(name),
        serveFile: (name, request) => clientScript.serve(name, request),
        warn: (message, record) => logger.warn(message, record),
        report: (error) => this.#namespaces.report(error),
        onRefused: (request, error) => this.#namespaces.hooks.onRefused?.(request, error),
        connectionId: (request) => this.#namespaces.hooks.connectionId?.(request) ?? null,
      },
      { clock, trace, counters },
    );
    this.#metrics = new ServerMetrics({
      engine: this.#engine,
      hub: this.#hub,
      namespaces: this.#namespaces,
      queue: () => this.#cluster.connection?.queueStats ?? noQueue,
      clock,
    });
    const metering = settleMetering(resolved.metrics);
    registerMetrics(this, this.#metrics);
    if (metering !== null) this.#metrics.turnOn(metering.events);
    this.#testOwner = { engine: this.#engine, codec: this.#hub.codec, handlers, failures };
    this.#presence = new LatePresence({ others: () => this.#cluster.servers, clock, logger });
    this.servers = new Servers({
      others: () => this.#cluster.servers,
      problem: serverEventProblem(resolved),
      presence: this.#presence,
      logger,
      clock,
      label: processLabel(),
    });
    const parts = { hub: this.#hub, engine: this.#engine, logger, clock };
    this.#cluster = new ClusterSetup(resolved, { ...parts, server: this.servers, trace });
    this.#host = new HttpHost(resolved, application ?? null, {
      engine: this.#engine,
      cluster: this.#cluster,
      logger,
      clock,
      onApplicationClose: () => this.#lifecycle.endWithApplication(),
      hooks: this.#namespaces.hooks,
      openings,
    });
    const debugLog = new DebugLog(trace, logger);
    this.#lifecycle = new ServerLifecycle({
      ...parts,
      cluster: this.#cluster,
      namespaces: this.#namespaces,
      handlers,
      tasks: this.#tasks,
      presence: this.#presence,
      host: this.#host,
      debugLog,
      metrics: this.#metrics,
    });
    // A handler may make a server, and what reaches that server later does not belong to the handler.
    runOutsideContext(() => this.#cluster.connect(this.#host.runtime));
    this.#root = this.namespace<C>("/");
    for (const pattern of [resolved.namespaces].flat() as NamespacePattern[]) {
      if (pattern === "*") this.#namespaces.registry.open();
      else this.namespace(pattern);
    }
    if (resolved.debug !== false) debugLog.start(resolved.debug === "payloads");
    if (application) this.#host.bind(application);
  }

  /** Which runtime serves. */
  get asyncMode(): "node" | "bun" {
    return this.#host.runtime;
  }

  /** The number of clients that are connected. */
  get clientCount(): number {
    return this.#hub.clients.size;
  }

  /**
   * A namespace, for registering several handlers and for emitting into it. A pattern stands for every
   * namespace that matches, and opens these to clients; `"*"` stands for all namespaces that are open
   * otherwise, and opens none.
   *
   * @param name - the namespace's name, a pattern of names, a function that decides about names, or `"*"`
   * @param options - where they differ from the server's options. They apply when the first client comes to a
   *   namespace, so give them before the server runs.
   * @typeParam Own - the contract of this namespace, if it differs from the server's
   * @throws {@link RoomcastError} `ERR_NAMESPACE`, `ERR_OPTION`; `ERR_CONTRACT` for a second contract,
   *   `ERR_HANDLER` for one without the event of a handler, `ERR_STATE` for one that comes after clients
   */
  namespace<Own extends Contract = C>(
    name: NamespacePattern,
    options: NamespaceOptions & ContractOption<Own> = {},
  ): NamespaceHandle<Own> {
    resolveOptions(namespaceOptions, options, "namespace()");
    const pattern = name === "" ? "/" : name;
    const table = this.#namespaces.registry.table(pattern);
    if (options.ordering !== undefined) table.ordering = options.ordering;
    if (options.recovery !== undefined) table.recovery = settleRecovery(options.recovery);
    if (table.recovery) this.#namespaces.loadRecovery();
    if (options.dedupe !== undefined) table.dedupe = settleDedupe(options.dedupe);
    if (options.contract !== undefined) this.#namespaces.setContract(table, options.contract);
    return new NamespaceHandle<Own>(pattern, { registry: this.#namespaces.registry, hub: this.#hub });
  }

  /**
   * Handles an event. The handler returns the acknowledgement. It may be registered at any time, and also
   * serves clients that are connected already.
   *
   * @param event - the event's name, or `"connect"`, `"disconnect"`, or `"*"` for all events without a
   *   handler
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
   * Handles the event that the function is named after: `socketio.event(function my_ping() { emit("my_pong");
   * })`.
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
   * @throws {@link RoomcastError} `ERR_HANDLER` when an event has a handler already, or the instance belongs
   *   to another server
   */
  onNamespace<Own extends Contract>(namespace: Namespace<Own>): this {
    if (!(namespace instanceof Namespace)) {
      throw new RoomcastError(
        "ERR_HANDLER",
        'onNamespace() takes an instance of a class that extends Namespace: onNamespace(new Chat("/chat")).',
      );
    }
    Namespace.register(namespace, this.#hub);
    const handle = this.namespace<Contract>(namespace.name);
    handle.events(Object.fromEntries(handlersOfClass(namespace)));
    if (namespace.onAccepted !== undefined) handle.onAccepted(() => namespace.onAccepted?.());
    return this;
  }

  /**
   * Adds a function around handlers: those of `connect` and of every event that clients send, in all
   * namespaces unless the options name one.
   *
   * @param middleware - `async (context, next) => { …; return next(); }`; its errors count as errors of the
   *   handler
   * @param options - the namespace, if not all
   */
  use(middleware: Middleware<MiddlewareContext<C>>, options: NamespaceOption = {}): this {
    checkFunction("Middleware", middleware);
    const handle = this.#handle("use()", options);
    if (options.namespace === undefined) this.#namespaces.middleware.push(middleware as AnyMiddleware);
    else handle.use(middleware);
    return this;
  }

  /**
   * Handles clients that have been accepted: after their `connect` handler, and before every event of theirs.
   * It is the place for what must not happen for a client that is refused after all, and for `call()`, which
   * a `connect` handler must not wait for.
   *
   * ```ts
   * socketio.onAccepted(async () => {
   *   emit("joined", request.sid, { broadcast: true, includeSelf: false });
   *   session.version = await call("which version?");
   * });
   * ```
   *
   * @param handler - gets nothing, and acts for the client
   * @param options - the namespace
   * @throws {@link RoomcastError} `ERR_HANDLER` when it is not a function, or the namespace has one already
   */
  onAccepted(handler: () => MaybePromise<unknown>, options?: NamespaceOption): this {
    this.#handle("onAccepted()", options).onAccepted(handler);
    return this;
  }

  /**
   * Handles errors of handlers in the namespace `"/"`, and returns the acknowledgement: see {@link
   * ErrorHandler}.
   */
  onError(handler: ErrorHandler): this;
  /** Handles errors of handlers in a namespace, and returns the acknowledgement. */
  onError(namespace: NamespacePattern, handler: ErrorHandler): this;
  onError(first: NamespacePattern | ErrorHandler, second?: ErrorHandler): this {
    // A function in the first place decides about namespaces where a handler follows it.
    if (second === undefined && typeof first === "function") this.#root.onError(first as ErrorHandler);
    else this.#handle("onError()", { namespace: first as NamespacePattern }).onError(second as ErrorHandler);
    return this;
  }

  /** Handles errors in namespaces without an error handler, and returns the acknowledgement. */
  onErrorDefault(handler: ErrorHandler): this {
    checkFunction("An error handler", handler);
    this.#namespaces.defaultErrorHandler = handler;
    return this;
  }

  /**
   * Handles the loss of clients that have not come back in time (the option `recovery`), or whose missed
   * events are not all kept. The `disconnect` handler, by its reason, tells about clients that leave on
   * purpose.
   *
   * @param handler - gets the client's `sid`, `namespace` and `rooms`. It runs outside of any client's
   *   context.
   * @throws {@link RoomcastError} `ERR_HANDLER` when it is not a function
   */
  onRecoveryExpired(handler: (client: LostClient) => unknown): this {
    checkFunction("The handler of onRecoveryExpired()", handler);
    this.#namespaces.lossHandler = handler;
    return this;
  }

  /**
   * Watches presence over all processes: rooms that get their first member anywhere, and rooms that have been
   * empty for a while. With a room for each user, which all of the user's connections join, that is the
   * user's presence.
   *
   * ```ts
   * socketio.onPresence("user:", {
   *   online: (room) => console.log(room, "is here"),
   *   offline: (room) => console.log(room, "has gone"),
   * });
   * ```
   *
   * @param prefix - the prefix of the rooms' names; give it before clients come, and the same in all
   *   processes
   * @param options - `online` and `offline`, each called with the room's name in one of the processes;
   *   `grace`, how long a room may be empty before `offline` is called, in ms, default 10 000; `namespace`,
   *   default `"/"`
   * @throws {@link RoomcastError} `ERR_OPTION`
   */
  onPresence(prefix: string, options: PresenceOptions): this {
    const loading = this.#presence.watch(settlePresence(prefix, options));
    this.#hub.namespaces.watchRooms(this.#presence);
    if (loading !== null) this.#hub.namespaces.waitFor(loading);
    return this;
  }

  /**
   * Starts a background task. It runs outside of any handler's context, its errors are logged, and it is
   * cancelled when the server stops: its last argument is an `AbortSignal`, and {@link SocketIO.sleep} ends
   * it.
   *
   * With the option `workers` of {@link SocketIO.run}, a task that starts before `run()` has resolved runs
   * once, in the process that forks the workers; a later one runs in the process that starts it.
   *
   * @param run - the work
   * @param values - its arguments
   */
  startBackgroundTask<Values extends unknown[]>(
    run: NoInfer<(...values: [...Values, AbortSignal]) => unknown>,
    ...values: Values
  ): BackgroundTask {
    if (this.#lifecycle.state === "stopped")
      throw new RoomcastError("ERR_STATE", "The server has stopped and starts no tasks.");
    // Every worker runs the program from its beginning. Early tasks run once: in the process that forked the
    // workers.
    if (isWorker() && !this.#lifecycle.isListening) return { finished: Promise.resolve(), cancel() {} };
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

  /**
   * The number of connections, and counters: closed connections by reason, refusals, reached limits. In
   * `queue`, the state of the message queue.
   */
  stats(): Stats {
    const { closed, refused, ...counts } = this.#hub.counters;
    return {
      connections: this.#engine.connections.size,
      handshakes: this.#engine.handshakeCount,
      clients: this.#hub.clients.size,
      ...counts,
      closed: { ...closed },
      refused: { ...refused },
      queue: this.#cluster.connection?.queueStats ?? noQueue,
    };
  }

  /**
   * What this server has counted and measured, as plain data in the terms of Prometheus: see {@link Metric}.
   *
   * With the option `workers` of {@link SocketIO.run}, the numbers are those of all workers together.
   *
   * @param options - `local`: whether this process alone is meant, default `false`
   * @throws {@link RoomcastError} `ERR_OPTION`
   */
  async metrics(options: MetricsOptions = {}): Promise<Metric[]> {
    const { local } = resolveOptions(metricsOptions, options, "metrics()");
    return local ? this.#metrics.collect() : this.#metrics.collectAll();
  }

  /**
   * Serves a dashboard beside the application: a page with live numbers of all processes, their rooms and
   * events, and their clients, which it can also disconnect, put into rooms and send events to.
   *
   * ```ts
   * socketio.dashboard({ auth: { username: "ops", password: process.env.DASHBOARD_PASSWORD ?? "" } });
   * ```
   *
   * @param options - `auth`, which has no default; `path`, default `"/roomcast"`; `readonly`; `payloads`;
   *   `sessionDuration` in ms; `secret`
   * @throws {@link RoomcastError} `ERR_OPTION`, `ERR_STATE` when the server has a dashboard already, and
   *   `ERR_MISSING_PACKAGE` for a password that is a hash of bcrypt without the package `bcryptjs`
   */
  dashboard(options: DashboardOptions): this {
    const settled = settleDashboard(options, this.#host.options.path);
    if (this.servers.hasOwn(dashboardEvent))
      throw new RoomcastError("ERR_STATE", "The server has a dashboard already: dashboard() is called once.");
    this.#host.requireFreePath(settled.path, 'option "path" of dashboard()');
    const { messageQueue, queueSecret } = this.#host.options;
    const host = {
      hub: this.#hub,
      logger: this.#host.log,
      clock: this.#hub.clock,
      label: processLabel(),
      isReady: () => this.ready,
      handshakes: () => this.#engine.handshakeCount,
      counters: () => this.#hub.counters,
      metrics: () => this.#metrics.collect(),
      queue: () => this.#cluster.connection?.queueStats ?? noQueue,
    };
    const queueSecrets = queueSecret === null ? [] : secretsOf(queueSecret);
    const hasQueue = messageQueue !== null;
    const site = new DashboardSite(settled, { host, servers: this.servers, queueSecrets, hasQueue });
    this.#metrics.turnOn();
    this.#host.addSite(site);
    return this;
  }

  /**
   * Adds the server side of Socket.IO's admin interface, the package `@socket.io/admin-ui`: its pages show
   * servers, clients, rooms and events of all processes, and can send events, disconnect clients and put them
   * into rooms. It costs nothing while no administrator looks.
   *
   * ```ts
   * socketio.instrument({
   *   auth: { type: "basic", username: "admin", password: process.env.ADMIN_PASSWORD_HASH ?? "" },
   *   serveUi: true, // at /admin/
   * });
   * ```
   *
   * @param options - `auth`, which must be given; `mode`, `maxDetailedClients`, `readonly`, `namespace`,
   *   `serveUi`, `serverId` and `sessionLifetime` (ms)
   * @throws {@link RoomcastError} `ERR_OPTION`; `ERR_NAMESPACE` where the program has handlers in the
   *   namespace; `ERR_STATE` when it was called before; `ERR_MISSING_PACKAGE` where `serveUi` finds no pages.
   *   Without the package `bcryptjs` that a hash needs, {@link SocketIO.run} rejects
   */
  instrument(options: InstrumentOptions): this {
    instrument(options, {
      options: this.#host.options,
      hub: this.#hub,
      engine: this.#engine,
      namespaces: this.#namespaces,
      host: this.#host,
      servers: this.servers,
      others: () => this.#cluster.servers,
      lifecycle: this.#lifecycle,
      logger: this.#host.log,
      clock: this.#hub.clock,
    });
    return this;
  }

  /**
   * Calls a function with every event that this process sends: its name, its arguments and its target. Events
   * of other processes do not come here.
   *
   * @param listener - its errors are logged, and disturb nothing
   * @returns a function that removes the listener
   */
  onOutgoing(listener: OutgoingListener): () => void {
    checkFunction("A listener of outgoing events", listener);
    return this.#hub.outgoing.listen(listener);
  }

  /** Calls a listener with everything that happens; the returned function removes it. */
  trace(listener: TraceListener): () => void {
    checkFunction("A trace listener", listener);
    return this.#hub.trace.listen(listener);
  }

  /**
   * Makes a client for tests, which drives the handlers in this process, without a port.
   *
   * @param options - its request, its namespace, and whether it throws the errors of handlers
   * @throws {@link RoomcastError} `ERR_OPTION` for an unknown or unusable option
   */
  testClient(options: TestClientOptions = {}): TestClient {
    const settled = resolveOptions(testClientOptions, options, "testClient()");
    this.#host.expectNoWarning();
    this.#cluster.connection?.keepNothing();
    return new TestClient(this.#testOwner, settled);
  }

  /**
   * Serves beside an application that is made after this server, as in an application factory: as if the
   * constructor had got it. Handlers may be registered before, and {@link SocketIO.run} listens after.
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
   * @param app - an application as the constructor takes it; the options belong to the constructor
   * @param options - none: they would come too late
   * @throws {@link RoomcastError} `ERR_APP` for something else; `ERR_STATE` when there is an application
   *   already, or the server runs or has been stopped; `ERR_OPTION` for options
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
    if (this.#host.application !== null)
      throw new RoomcastError(
        "ERR_STATE",
        "initApp() was called on a server that has an application already.",
      );
    this.#lifecycle.requireIdle("initApp()");
    this.#host.bind(application);
    return this;
  }

  /**
   * Serves Roomcast's path on a server that the application has made. The application listens with it, or
   * {@link SocketIO.run} does.
   *
   * @throws {@link RoomcastError} `ERR_APP` when it is no server, or Bun's own server serves
   */
  attach(server: HttpServer): this {
    this.#host.attach(server);
    return this;
  }

  /**
   * The functions that take requests of Node's, where a framework makes the server itself and Roomcast cannot
   * attach to it, as with crossws and h3.
   *
   * ```ts
   * const { owns, request, upgrade } = socketio.handlers();
   * createServer((req, res) => (owns(req) ? request(req, res) : answer(req, res))).on("upgrade", upgrade);
   * ```
   *
   * @throws {@link RoomcastError} `ERR_APP` where Bun's own server serves
   */
  handlers(): NodeHandlers {
    return this.#host.handlers();
  }

  /**
   * The handlers for a program that calls `Bun.serve` itself: `Bun.serve({ port, ...socketio.bunHandlers(app)
   * })`.
   *
   * @param app - answers the requests that are not Roomcast's, and has the handlers of WebSockets that are
   *   not; by default the application
   * @throws {@link RoomcastError} `ERR_APP` where Bun does not serve
   */
  bunHandlers(app: { fetch?: unknown; websocket?: unknown } = {}): BunHandlers {
    return this.#host.bunHandlers(app);
  }

  /**
   * Listens: with the application's own server where it has one, with a server that {@link SocketIO.attach}
   * got and that does not listen yet, or else with a server of its own.
   *
   * @returns where it listens
   * @throws {@link RoomcastError} `ERR_LISTEN` when it cannot, `ERR_MISSING_PACKAGE`, `ERR_MESSAGE_QUEUE`
   *   when the message queue refuses this process, or is required and not there; `ERR_STATE` when the server
   *   runs already
   */
  run(options?: RunOptions): Promise<RunningAddress>;
  async run(options: RunOptions = {}, ...more: unknown[]): Promise<RunningAddress> {
    refuseCallback(more);
    const settled = resolveOptions(runOptions, options, "run()", runHint);
    return this.#lifecycle.run(settled);
  }

  /**
   * Whether new clients are served, for a health route: not before the server listens, not when it drains or
   * has stopped, and not where the message queue refuses this process, or is required and down.
   */
  get ready(): boolean {
    return this.#lifecycle.isReady;
  }

  /**
   * Stops gradually, for a process that another one replaces. {@link SocketIO.ready} turns false, new clients
   * are refused with status 503, and the others are disconnected one after the other, in random order, each
   * when its handlers have ended. Then the server stops like {@link SocketIO.stop}, and waits for handlers
   * and tasks until the timeout. Clients reconnect by themselves, to another process.
   *
   * @param options - `timeout` and `stagger` in ms, and the `reason` that clients get
   * @returns a promise that resolves when everything has ended
   * @throws {@link RoomcastError} `ERR_OPTION`
   */
  drain(options: DrainOptions = {}): Promise<void> {
    const settled = resolveOptions(drainOptions, options, "drain()", drainHint);
    return this.#lifecycle.drain(settled);
  }

  /**
   * Stops: cancels background tasks, disconnects all clients after the events sent to them, waits for their
   * handlers (5 s at most, and 1 s for closing connections), and closes the server that {@link SocketIO.run}
   * opened. A server that the application listens with itself goes on without Roomcast. Clients try to
   * reconnect after this. A handler or a task that calls it is not waited for.
   *
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` in a program that only emits, where a message did not
   *   reach the queue
   */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  #handle(what: string, options: NamespaceOption = {}): NamespaceHandle<C> {
    checkOptions(namespaceOptionTable, options, what, nameHint);
    const namespace = namespaceOr(options.namespace, "/");
    return namespace === "/"
      ? this.#root
      : new NamespaceHandle<C>(namespace, { registry: this.#namespaces.registry, hub: this.#hub });
  }
}

/** The inside of a server, for parts of this package that are built upon it. */
export function insideOf<C extends Contract>(server: SocketIO<C>): ServerInside {
  return inside(server as unknown as SocketIO<Contract>);
}
