/**
 * Where Roomcast takes requests: beside the application on its server, on servers that were given to
 * `attach()`, within Bun, or on a server of its own.
 */

import type { RequestListener } from "node:http";
import { BunAdapter, type BunHandlers } from "../../adapter/bun/bun-adapter.ts";
import type { BunFetch, BunRuntime, BunWebSocketHandlers } from "../../adapter/bun/bun-runtime.ts";
import type { Application } from "../../adapter/frameworks/application.ts";
import { isHttpServer } from "../../adapter/frameworks/node-server.ts";
import { HandedRequests, type NodeHandlers } from "../../adapter/node/handed-requests.ts";
import { type HttpServer, NodeAdapter } from "../../adapter/node/node-adapter.ts";
import { RoomcastError } from "../../base/errors.ts";
import { errorText } from "../../base/foreign-value.ts";
import type { Log } from "../../base/log/log.ts";
import type { Clock } from "../../base/time/clock.ts";
import { runOutsideContext } from "../../context/handler-context.ts";
import type { Engine } from "../../engine/engine.ts";
import { answerFields } from "../../engine/request/http-error.ts";
import type { ClusterSetup } from "../cluster/cluster-setup.ts";
import type { AppOptions } from "../options/app-options.ts";
import type { TlsOptions } from "../options/run-options.ts";
import type { ServerHooks } from "../server-hooks.ts";
import { AttachWarning } from "./attach-warning.ts";
import { chooseBun, listenOnBun, notFoundOnBun } from "./bun-listener.ts";
import {
  addressOf,
  closeServer,
  listen,
  listenError,
  makeServer,
  type RunningServer,
} from "./http-listener.ts";
import type { OpeningRequests } from "./opening-requests.ts";
import { type Site, Sites } from "./sites.ts";

/** What the host needs of its server. */
export interface HttpHostOwner {
  readonly engine: Engine;
  readonly cluster: ClusterSetup;
  readonly logger: Log;
  readonly clock: Clock;
  /** The application closes itself, and waits for its connections. */
  onApplicationClose(): Promise<void>;
  readonly hooks: ServerHooks;
  /** What requests of new clients pass first; `null` for nothing. */
  readonly openings: OpeningRequests | null;
}

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | null;
}

/** The servers on which Roomcast takes requests. */
export class HttpHost {
  readonly #options: AppOptions;
  readonly #owner: HttpHostOwner;
  #application: Application | null = null;
  /** Bun, where its own server serves. */
  #bun: BunRuntime | null;
  /** The servers that the application has handed over. */
  readonly #attached = new Set<HttpServer>();
  readonly #adapters: { detach(): void }[] = [];
  /** Takes requests of servers that may have begun to listen in a handler. */
  readonly #sites: Sites;
  #warning: AttachWarning | null = null;

  /**
   * @param options - the server's resolved options
   * @param app - the application that will be bound, as far as it is known; it decides whether Bun can serve
   * @param owner - the server
   * @throws {@link RoomcastError} `ERR_OPTION` where the option `asyncMode` names a runtime that cannot serve
   */
  constructor(options: AppOptions, app: Application | null, owner: HttpHostOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#bun = chooseBun(options.asyncMode, app);
    this.#sites = new Sites(owner.engine);
  }

  /** Which runtime serves. */
  get runtime(): "node" | "bun" {
    return this.#bun === null ? "node" : "bun";
  }

  /** Where the server writes its log. */
  get log(): Log {
    return this.#owner.logger;
  }

  /** The server's resolved options. */
  get options(): AppOptions {
    return this.#options;
  }

  get application(): Application | null {
    return this.#application;
  }

  /** Whether requests of clients can come in. */
  get isServing(): boolean {
    return this.#adapters.length > 0;
  }

  /** Checks that no other site gets the requests for a path: see {@link Sites.requireFree}. */
  requireFreePath(path: string, what: string): void {
    this.#sites.requireFree(path, what);
  }

  /** Answers the requests of further paths, wherever it takes requests. */
  addSite(site: Site): void {
    this.#sites.add(site);
  }

  /**
   * Serves beside an application from now on.
   *
   * @throws {@link RoomcastError} `ERR_APP` where it needs another runtime than other processes were told of,
   *   `ERR_OPTION` where the option `asyncMode` names a runtime that cannot serve it
   */
  bind(application: Application): void {
    const bun = chooseBun(this.#options.asyncMode, application);
    if (bun !== this.#bun && this.#owner.cluster.connection !== null) {
      // How requests find other processes was settled for Bun's server.
      throw new RoomcastError(
        "ERR_APP",
        `${application.name} is served by node:http, which a server with a messageQueue has to know when it is made: new SocketIO({ asyncMode: "node" }).`,
      );
    }
    this.#owner.openings?.bind(application, bun === null ? "node" : "bun");
    this.#bun = bun;
    this.#application = application;
    application.beforeClose?.(() => this.#owner.onApplicationClose());
    if (application.server) this.attach(application.server);
    else if (this.#adapters.length === 0)
      this.#warning = new AttachWarning(application.name, this.#owner.logger, this.#owner.clock);
  }

  /**
   * Serves on a server that the application has made.
   *
   * @throws {@link RoomcastError} `ERR_APP` when it is no server, or Bun's own server serves
   */
  attach(server: HttpServer): void {
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
    this.#adapt(server);
  }

  /**
   * The handlers of requests and WebSockets for `Bun.serve`.
   *
   * @param app - answers requests that are not Roomcast's; by default the application
   * @throws {@link RoomcastError} `ERR_APP` where Bun does not serve
   */
  bunHandlers(app: { fetch?: unknown; websocket?: unknown }): BunHandlers {
    if (this.#bun === null) {
      throw new RoomcastError(
        "ERR_APP",
        "bunHandlers() is for programs that run on Bun, and are not served by node:http there.",
      );
    }
    this.expectNoWarning();
    this.#owner.openings?.bindToNone("bun");
    this.#owner.cluster.connection?.keepNothing();
    const own = this.#application;
    const { fetch = own?.fetch ?? notFoundOnBun, websocket = own?.websocket } = app;
    const adapter = new BunAdapter(this.#sites, this.#options);
    this.#adapters.push(adapter);
    return adapter.handlers({
      fetch: (request, server) => Reflect.apply(fetch as BunFetch, app, [request, server]),
      websocket: (websocket ?? {}) as Partial<BunWebSocketHandlers>,
    });
  }

  /**
   * The functions for a program, or a framework, that has a server of Node's and hands requests over itself.
   *
   * @throws {@link RoomcastError} `ERR_APP` where Bun's own server serves
   */
  handlers(): NodeHandlers {
    if (this.#bun !== null) {
      throw new RoomcastError(
        "ERR_APP",
        "handlers() is for servers of Node's, and Bun's own is to serve: hand bunHandlers() to Bun.serve, or name asyncMode: \"node\".",
      );
    }
    const requests = new HandedRequests();
    this.#adapt(requests);
    return requests.handlers;
  }

  /** Clients are served, or need not be: cancels the warning. */
  expectNoWarning(): void {
    this.#warning?.settle();
  }

  /**
   * Listens: with the application's own server where it has one, with one that was attached where that does
   * not listen yet, and otherwise with a server made for this.
   *
   * @throws {@link RoomcastError} `ERR_LISTEN`, `ERR_MISSING_PACKAGE`; `ERR_OPTION` for tls with a server
   *   that exists, `ERR_STATE` where that server listens already
   */
  async listen({ host, port, tls }: ListenOptions): Promise<RunningServer> {
    if (this.#bun !== null) return listenOnBun(this.#bun, this.bunHandlers({}), { host, port, tls });
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

  /** Ends requests that wait for something, so that servers can close. */
  endWaiting(): void {
    this.#sites.close();
  }

  /** Takes no more requests. The servers themselves go on without Roomcast. */
  detach(): void {
    for (const adapter of this.#adapters) adapter.detach();
  }

  /** The attached server to listen with; `null` where one has to be made. */
  #attachedServer(): HttpServer | null {
    const [first, ...others] = [...this.#attached].filter(({ listening }) => !listening);
    if (first === undefined) {
      // A second server would have nothing to serve: clients know the first one.
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
    this.#adapt(server);
    return server;
  }

  #adapt(server: HttpServer | HandedRequests): void {
    const { cluster, logger, hooks, openings } = this.#owner;
    this.expectNoWarning();
    openings?.bindToNone("node");
    runOutsideContext(() => cluster.connection?.serve(false))?.catch((err: unknown) =>
      logger.error(errorText(err), { type: "relay failed", reason: errorText(err) }),
    );
    this.#adapters.push(new NodeAdapter(server, this.#sites, this.#options, hooks.requestFilter));
  }
}

function listensAlready(): RoomcastError {
  return new RoomcastError(
    "ERR_STATE",
    "The server listens already, so run() is not needed: Roomcast is attached to it.",
  );
}

function notFound(
  _request: unknown,
  response: { writeHead(status: number, headers: typeof answerFields): { end(body: string): void } },
): void {
  response.writeHead(404, answerFields).end("Not found");
}
