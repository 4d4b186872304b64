/**
 * The server side of Engine.IO: takes requests from a runtime. It serves the files below its path, answers
 * preflights, checks all other requests, and hands them to the router, which finds their connections.
 */

import type { LogRecord } from "../base/log/log-record.ts";
import type { Clock } from "../base/time/clock.ts";
import type { Trace } from "../base/trace.ts";
import type { TracedOperations } from "../base/tracing/traced-operations.ts";
import type { RequestTrace } from "../base/tracing/tracing-channels.ts";
import { ConnectionRegistry } from "./connection-registry.ts";
import { Counters } from "./counters.ts";
import { EngineHandshake, type EngineHandshakeOwner } from "./engine-handshake.ts";
import type { EngineOptions } from "./engine-options.ts";
import type {
  ConnectionRelay,
  EngineRequest,
  HttpExchange,
  HttpResponse,
  RequestSink,
  UpgradeExchange,
} from "./ports.ts";
import { Admission } from "./request/admission.ts";
import type { Refuse } from "./request/arrival.ts";
import { type EngineQuery, engineQuery } from "./request/engine-query.ts";
import { type HostPolicy, hostPolicy } from "./request/host-policy.ts";
import { answerFields, type HttpError } from "./request/http-error.ts";
import { OriginPolicy } from "./request/origin-policy.ts";
import { type ProxyChain, proxyChain } from "./request/proxy-chain.ts";
import { Refusals } from "./request/refusals.ts";
import { RequestRules } from "./request/request-rules.ts";
import { TracedHttpExchange, TracedUpgradeExchange, traceFault } from "./request/traced-exchange.ts";
import { RequestRouter } from "./request-router.ts";

const notFound: HttpResponse = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", ...answerFields },
  body: "Not found",
};

/** What the engine asks of the layer above. */
export interface EngineOwner extends EngineHandshakeOwner {
  /** Whether a name is that of a file below the path. Requests for all others there are the application's. */
  hasFile(name: string): boolean;
  /**
   * Serves a file below the path, such as the client's script; `undefined` when there is none of this name.
   */
  serveFile(name: string, request: EngineRequest): HttpResponse | undefined;
  /** Tells the operator something that deserves attention. */
  warn(message: string, record: LogRecord): void;
  /** A request was refused. */
  onRefused?(request: EngineRequest, error: HttpError): void;
}

/** What an engine works with. */
export interface EngineParts {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Where to tell what happens. */
  readonly trace: Trace;
  /** Where to count it. */
  readonly counters?: Counters;
}

/** The server side of Engine.IO, protocol version 4, and version 3 where it is allowed. */
export class Engine implements RequestSink {
  readonly connections: ConnectionRegistry;
  /** The path of its requests, without the slash at the end that they may have. */
  readonly #path: string;
  readonly #owner: EngineOwner;
  readonly #proxies: ProxyChain | null;
  readonly #hosts: HostPolicy | null;
  readonly #origins: OriginPolicy;
  readonly #admission: Admission;
  readonly #refusals: Refusals;
  readonly #rules: RequestRules;
  readonly #handshake: EngineHandshake;
  readonly #router: RequestRouter;
  readonly #requests: TracedOperations<RequestTrace>;
  /** The URL that was read last: see {@link #queryOf}. */
  #latest = { url: "", query: engineQuery("") };
  /** Requests wait for this; `null` for nothing. */
  #wait: Promise<unknown> | null = null;

  /**
   * @param options - the settled options
   * @param owner - the layer above
   * @param parts - what it works with
   */
  constructor(options: EngineOptions, owner: EngineOwner, parts: EngineParts) {
    const { clock, trace, counters = new Counters() } = parts;
    const report = (error: unknown) => owner.report(error);
    this.#path = options.path.replace(/\/+$/, "");
    this.#owner = owner;
    this.#requests = trace.operations.requests;
    this.#proxies = proxyChain(options.trustedProxies);
    const origins = new OriginPolicy(options.cors, report);
    const admission = new Admission(options, clock);
    const connections = new ConnectionRegistry(options, { clock, trace, counters, admission, report });
    const refusals = new Refusals({
      counters,
      trace,
      headers: (request) => origins.headers(request),
      warn: (message, record) => owner.warn(message, record),
      onRefused: owner.onRefused?.bind(owner),
    });
    const hosts = hostPolicy(options.allowedHosts, this.#proxies !== null);
    this.#hosts = hosts;
    const handshake = new EngineHandshake(options, owner, { connections, admission, origins });
    this.#origins = origins;
    this.#admission = admission;
    this.connections = connections;
    this.#refusals = refusals;
    this.#rules = new RequestRules(options, { hosts, origins, admission, refusals });
    this.#handshake = handshake;
    const { allowUpgrades } = options;
    this.#router = new RequestRouter({ connections, handshake, clock, allowUpgrades });
  }

  /** Serves together with other processes. To be called before the first client comes. */
  serveWith(relay: ConnectionRelay): void {
    this.#router.relayBy(relay);
    this.#handshake.setIdPrefix(relay.prefix);
  }

  /** Takes requests when a promise has settled, which never rejects. To be called before the first comes. */
  waitFor(promise: Promise<unknown>): void {
    this.#wait = promise;
    void promise.then(() => {
      this.#wait = null;
    });
  }

  /** What the relays of other processes hand their requests to: those of connections that are here. */
  readonly peerSink: RequestSink = {
    owns: (url) => this.owns(url),
    handleRequest: (exchange) => this.#handleRequest(exchange, true),
    handleUpgrade: (exchange) => this.#handleUpgrade(exchange, true),
  };

  /** The path of the clients, without a slash at the end. */
  get path(): string {
    return this.#path;
  }

  /** A request as the proxies that are trusted tell it: with the client's own address, host and scheme. */
  see(request: EngineRequest): EngineRequest {
    return this.#proxies === null ? request : this.#proxies.see(request);
  }

  /**
   * Whether a request names a host that may be served: the option `allowedHosts`. One that is refused is
   * logged.
   *
   * @param request - the request as {@link Engine.see} tells it
   * @param carrier - what it came by
   */
  allowsHost(request: EngineRequest, carrier: { readonly listensOnLoopback: boolean }): boolean {
    if (this.#hosts === null || this.#hosts.allows(request, carrier)) return true;
    this.#refusals.warnOfHost(request, this.#hosts.hasList);
    return false;
  }

  /** The number of clients that are being accepted. */
  get handshakeCount(): number {
    return this.#admission.handshakes;
  }

  /** The number of clients that wait for their turn to be accepted. */
  get waitingCount(): number {
    return this.#admission.waiting;
  }

  owns(url: string): boolean {
    if (!url.startsWith(this.#path)) return false;
    const mark = url.indexOf("?");
    const name = url.slice(this.#path.length, mark === -1 ? url.length : mark);
    return name === "" || name === "/" || (name.startsWith("/") && this.#owner.hasFile(name.slice(1)));
  }

  holds(url: string): boolean {
    if (this.#wait !== null || !url.startsWith(this.#path)) return false;
    // Files below the path have longer names.
    if (url.indexOf("?") - this.#path.length > 1) return false;
    const { transport, id } = this.#queryOf(url);
    return transport === "polling" && (id === null || this.connections.get(id) !== undefined);
  }

  handleRequest(exchange: HttpExchange): void {
    if (this.#wait === null) this.#handleRequest(exchange, false);
    else void this.#wait.then(() => this.#handleRequest(exchange, false));
  }

  handleUpgrade(exchange: UpgradeExchange): void {
    if (this.#wait === null) this.#handleUpgrade(exchange, false);
    else void this.#wait.then(() => this.#handleUpgrade(exchange, false));
  }

  /** Takes no new clients any more; those that are connected stay. */
  refuseClients(): void {
    this.#admission.close();
  }

  /**
   * Refuses new clients and ends all connections after what was sent before.
   *
   * @param timeout - how long clients may take to say goodbye, in ms, before they are cut off
   */
  close(timeout: number): Promise<void> {
    this.refuseClients();
    return this.connections.close(timeout);
  }

  #handleRequest(exchange: HttpExchange, isRelayed: boolean): void {
    const request = this.see(exchange.request);
    if (!this.#requests.isActive || request.path.length > this.#path.length + 1) {
      this.#answer(exchange, request, isRelayed);
    } else {
      const { id } = engineQuery(request.url);
      const traced = new TracedHttpExchange(exchange, this.#trace(request, "polling", id, isRelayed));
      traced.run(() => this.#answer(traced, request, isRelayed));
    }
  }

  #handleUpgrade(exchange: UpgradeExchange, isRelayed: boolean): void {
    const request = this.see(exchange.request);
    if (!this.#requests.isActive) {
      this.#answerUpgrade(exchange, request, isRelayed);
    } else {
      const { id } = this.#queryOf(request.url);
      const traced = new TracedUpgradeExchange(exchange, this.#trace(request, "websocket", id, isRelayed));
      traced.run(() => this.#answerUpgrade(traced, request, isRelayed));
    }
  }

  #trace(request: EngineRequest, transport: string, id: string | null, relayed: boolean) {
    const { method, path, address } = request;
    const connection = (id === null ? undefined : this.connections.get(id)?.number) ?? null;
    const handshake = id === null;
    const origin = { method, path, address, transport, handshake, relayed };
    return this.#requests.begin({ ...origin, connection, status: null, request });
  }

  #answer(exchange: HttpExchange, request: EngineRequest, isRelayed: boolean): void {
    const refuse: Refuse = (error, cause, own) => {
      if (cause !== undefined) traceFault(exchange, cause);
      exchange.respond(this.#refusals.answer(request, error, own));
    };
    try {
      const fileName = request.path.slice(this.#path.length + 1);
      if (fileName !== "") {
        exchange.respond(this.#file(fileName, request));
      } else if (request.method === "OPTIONS") {
        const headers = { ...answerFields, ...this.#origins.preflightHeaders(request) };
        exchange.respond({ status: 204, headers });
      } else {
        const arrival = { request, query: this.#queryOf(request.url), isRelayed, refuse };
        const error =
          this.#rules.broken(arrival, "polling", exchange) ?? this.#router.route(exchange, arrival);
        if (error !== undefined) refuse(error);
      }
    } catch (error) {
      this.#onFault(error, refuse);
    }
  }

  #answerUpgrade(exchange: UpgradeExchange, request: EngineRequest, isRelayed: boolean): void {
    const refuse: Refuse = (error, cause, own) => {
      if (cause !== undefined) traceFault(exchange, cause);
      exchange.refuse(this.#refusals.answer(request, error, own));
    };
    try {
      const arrival = { request, query: this.#queryOf(request.url), isRelayed, refuse };
      const error =
        this.#rules.broken(arrival, "websocket", exchange) ?? this.#router.routeUpgrade(exchange, arrival);
      if (error !== undefined) refuse(error);
    } catch (error) {
      this.#onFault(error, refuse);
    }
  }

  /** Whatever is thrown is the server's own fault: one client is refused, and the others notice nothing. */
  #onFault(error: unknown, refuse: Refuse): void {
    this.#owner.report(error);
    refuse("serverError", error);
  }

  #file(name: string, request: EngineRequest): HttpResponse {
    const isRead = request.method === "GET" || request.method === "HEAD";
    return (isRead ? this.#owner.serveFile(name, request) : undefined) ?? notFound;
  }

  /**
   * The parameters of a URL. Clients that begin with a WebSocket all ask for the same, and a request may be
   * looked at more than once.
   */
  #queryOf(url: string): EngineQuery {
    if (url !== this.#latest.url) this.#latest = { url, query: engineQuery(url) };
    return this.#latest.query;
  }
}
