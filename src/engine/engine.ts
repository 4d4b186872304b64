/**
 * From requests to living connections: checks each request, opens connections, and leads later requests to
 * the connection they belong to. The first request of a client decides its transport:
 *
 *     GET ?EIO=4&transport=polling             opens a connection, answers with its id and settings
 *     GET, POST ?EIO=4&transport=polling&sid=… belong to that connection
 *     upgrade ?EIO=4&transport=websocket       opens a connection on a WebSocket
 *     upgrade ?EIO=4&transport=websocket&sid=… moves that connection from polling to the WebSocket
 *
 * It is longer than 400 lines because connections find their timers and counters directly in it: an object
 * between them would cost each message a lookup.
 */

import { generateId, idGenerator } from "../base/id.ts";
import { quoted } from "../base/printable.ts";
import type { Clock } from "../base/time/clock.ts";
import { DeadlineQueue } from "../base/time/deadline-queue.ts";
import type { Trace } from "../base/trace.ts";
import { Connection, type ConnectionHost, type ConnectionListener } from "./connection.ts";
import { Counters } from "./counters.ts";
import type { AllowRequest, EngineOptions, TransportName } from "./engine-options.ts";
import { Outbox } from "./outbox/outbox.ts";
import { OutgoingPacket, secretFlags } from "./outbox/outgoing-packet.ts";
import type {
  ConnectionRelay,
  EngineRequest,
  HttpExchange,
  HttpResponse,
  RequestSink,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "./ports.ts";
import { Admission } from "./request/admission.ts";
import { connectionCookie } from "./request/connection-cookie.ts";
import { type EngineQuery, engineQuery } from "./request/engine-query.ts";
import { type HostPolicy, hostPolicy } from "./request/host-policy.ts";
import { answerFields, type HttpErrorName, httpErrorResponse, httpErrors } from "./request/http-error.ts";
import { OriginPolicy } from "./request/origin-policy.ts";
import { type ProxyChain, proxyChain } from "./request/proxy-chain.ts";
import { base64Format } from "./transport/base64-format.ts";
import { eio3BinaryFormat, eio3TextFormat } from "./transport/eio3-wire-format.ts";
import { type PollingOptions, PollingTransport } from "./transport/polling-transport.ts";
import type { Transport } from "./transport/transport.ts";
import type { Upgrade } from "./transport/upgrade.ts";
import { WebSocketTransport } from "./transport/websocket-transport.ts";
import { type ProtocolVersion, type WireFormat, wireForm } from "./transport/wire-format.ts";

/** How long a closing client may take to fetch its last packets, in ms. */
const farewellTimeout = 10_000;

/**
 * How long a poll waits that comes while its client changes over to WebSocket, in ms: as long as with stock
 * servers.
 */
const pollEndDelay = 100;

/**
 * How often to check whether a client has taken everything, while a caller waits for that, in ms.
 */
const drainInterval = 20;

/**
 * How often it is tried to send a client what waits until it has taken most of what was sent before, in ms.
 */
const retryInterval = 20;

const notFound: HttpResponse = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", ...answerFields },
  body: "Not found",
};

/** Answers a request with one of the refusals. */
type Refuse = (error: HttpErrorName) => void;

/** What the engine asks of the layer above. */
export interface EngineOwner {
  /** A client has connected. Returns its listener; packets flow from then on. */
  onConnection(connection: Connection): ConnectionListener;
  /** Whether a name is that of a file below the path. Requests for all others there are the application's. */
  hasFile(name: string): boolean;
  /**
   * Serves a file below the path, such as the client's script; `undefined` when there is none of this name.
   */
  serveFile(name: string, request: EngineRequest): HttpResponse | undefined;
  /** Tells the operator something that deserves attention. */
  warn(message: string): void;
  /** Reports an error that is the server's own fault. */
  report(error: unknown): void;
}

/** The server side of Engine.IO, protocol version 4, and version 3 where it is allowed. */
export class Engine implements RequestSink, ConnectionHost {
  readonly outbox: Outbox;
  readonly trace: Trace;
  readonly counters: Counters;
  readonly pings: DeadlineQueue<Connection>;
  readonly pongs: DeadlineQueue<Connection>;
  readonly clientPingTimeouts: DeadlineQueue<Connection>;
  readonly upgrades: DeadlineQueue<Upgrade>;
  readonly pollEnds: DeadlineQueue<Upgrade>;
  readonly closeTimeouts: DeadlineQueue<Connection>;
  readonly drains: DeadlineQueue<Connection>;
  readonly retries: DeadlineQueue<Connection>;
  readonly maxOutgoingBytes: number;
  readonly #clock: Clock;
  readonly #options: EngineOptions;
  /** The path of its requests, without the slash at the end that they may have. */
  readonly #path: string;
  readonly #owner: EngineOwner;
  /** `null` where any host is allowed. */
  readonly #hosts: HostPolicy | null;
  readonly #origins: OriginPolicy;
  readonly #admission: Admission;
  readonly #proxies: ProxyChain | null;
  readonly #polling: PollingOptions;
  readonly #connections = new Map<string, Connection>();
  /** The hosts and origins that the log tells of. */
  readonly #warnedOf = new Set<string>();
  #warnedOfVersion = false;
  /** The latest request for a WebSocket: see {@link #queryOf}. */
  #latestUrl = "";
  #latestQuery = engineQuery(new URLSearchParams());
  /** What clients are told of the server's settings, by the transport that they begin with. */
  readonly #settings: Readonly<Record<TransportName, string>>;
  #ping = { tick: -1, packet: new OutgoingPacket("2") };
  #refusing = false;
  #relay: ConnectionRelay | null = null;
  #newId: () => string = generateId;
  #closing: { done: Promise<void>; settle: () => void } | null = null;

  /**
   * @param options - the settled options
   * @param owner - the layer above
   * @param clock - where time comes from
   * @param trace - where to tell what happens
   * @param counters - where to count it
   */
  constructor(
    options: EngineOptions,
    owner: EngineOwner,
    clock: Clock,
    trace: Trace,
    counters = new Counters(),
  ) {
    this.#options = options;
    this.#path = options.path.replace(/\/+$/, "");
    this.#owner = owner;
    this.#clock = clock;
    this.trace = trace;
    this.counters = counters;
    this.outbox = new Outbox(clock);
    this.maxOutgoingBytes = options.maxOutgoingBytes;
    this.#admission = new Admission(options, clock);
    this.#proxies = proxyChain(options.trustedProxies);
    this.#hosts = hostPolicy(options.allowedHosts, this.#proxies !== null);
    this.#origins = new OriginPolicy(options.cors, (error) => owner.report(error));
    this.pings = new DeadlineQueue(
      clock,
      options.pingInterval,
      (connection) => connection.probe(),
      // A timer for each of many clients would cost more than its ping. Early pings make up for delays: a
      // client has all of its time to answer, and is gone when both times are over.
      Math.min(options.pingInterval / 100, 250),
    );
    this.pongs = new DeadlineQueue(clock, options.pingTimeout, (connection) =>
      connection.terminate("ping timeout"),
    );
    this.clientPingTimeouts = new DeadlineQueue(
      clock,
      options.pingInterval + options.pingTimeout,
      (connection) => connection.terminate("ping timeout"),
    );
    this.upgrades = new DeadlineQueue(clock, options.upgradeTimeout, (upgrade) => upgrade.cancel());
    this.pollEnds = new DeadlineQueue(clock, pollEndDelay, (upgrade) => upgrade.endPoll());
    this.closeTimeouts = new DeadlineQueue(clock, farewellTimeout, (connection) => connection.endFarewell());
    this.retries = new DeadlineQueue(clock, retryInterval, (connection) => connection.retry());
    this.drains = new DeadlineQueue(clock, drainInterval, (connection) => connection.checkDrain());
    this.#settings = {
      polling: settingsFor("polling", options),
      websocket: settingsFor("websocket", options),
    };
    this.#polling = {
      maxHttpBufferSize: options.maxHttpBufferSize,
      maxPacketsPerPayload: options.maxPacketsPerPayload,
      httpCompression: options.httpCompression,
      compressionThreshold: options.compressionThreshold,
      responseHeaders: (request) => this.#origins.headers(request),
    };
  }

  /** Serves together with other processes. To be called before the first client comes. */
  serveWith(relay: ConnectionRelay): void {
    this.#relay = relay;
    this.#newId = idGenerator(relay.prefix);
  }

  /** What the relays of other processes hand their requests to: those of connections that are here. */
  readonly peerSink: RequestSink = {
    owns: (url) => this.owns(url),
    handleRequest: (exchange) => this.#handleRequest(exchange, true),
    handleUpgrade: (exchange) => this.#handleUpgrade(exchange, true),
  };

  /** The number of connections, those included that wait for their last packets to be taken. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The number of clients that are being accepted. */
  get handshakeCount(): number {
    return this.#admission.handshakes;
  }

  owns(url: string): boolean {
    if (!url.startsWith(this.#path)) return false;
    const mark = url.indexOf("?");
    const name = url.slice(this.#path.length, mark === -1 ? url.length : mark);
    return name === "" || name === "/" || (name.startsWith("/") && this.#owner.hasFile(name.slice(1)));
  }

  handleRequest(exchange: HttpExchange): void {
    this.#handleRequest(exchange, false);
  }

  handleUpgrade(exchange: UpgradeExchange): void {
    this.#handleUpgrade(exchange, false);
  }

  #handleRequest(exchange: HttpExchange, isRelayed: boolean): void {
    const request = this.#see(exchange.request);
    const refuse = (error: HttpErrorName) => exchange.respond(this.#refusal(request, error));
    this.#attempt(refuse, () => {
      const fileName = this.#fileName(request.path);
      if (fileName !== "") {
        const file =
          request.method === "GET" || request.method === "HEAD"
            ? this.#owner.serveFile(fileName, request)
            : undefined;
        exchange.respond(file ?? notFound);
      } else if (request.method === "OPTIONS") {
        const headers = { ...answerFields, ...this.#origins.preflightHeaders(request) };
        exchange.respond({ status: 204, headers });
      } else {
        const query = engineQuery(request.query);
        const error =
          this.#check(request, query, exchange, "polling", isRelayed) ??
          this.#route(exchange, request, query, refuse, isRelayed);
        if (error !== undefined) refuse(error);
      }
    });
  }

  /**
   * The parameters of a request for a WebSocket. Clients that begin with one all ask for the same, and that
   * is read once.
   */
  #queryOf(request: EngineRequest): EngineQuery {
    const { url } = request;
    if (url !== this.#latestUrl) {
      this.#latestQuery = engineQuery(request.query);
      this.#latestUrl = url;
    }
    return this.#latestQuery;
  }

  #handleUpgrade(exchange: UpgradeExchange, isRelayed: boolean): void {
    const request = this.#see(exchange.request);
    const refuse = (error: HttpErrorName) => exchange.refuse(this.#refusal(request, error));
    this.#attempt(refuse, () => {
      const query = this.#queryOf(request);
      const error =
        this.#check(request, query, exchange, "websocket", isRelayed) ??
        this.#routeUpgrade(exchange, request, query, refuse, isRelayed);
      if (error !== undefined) refuse(error);
    });
  }

  pingPacket(): OutgoingPacket {
    const { tick } = this.outbox;
    if (this.#ping.tick !== tick) {
      this.#ping = { tick, packet: new OutgoingPacket("2") };
      this.#ping.packet.isShared = true;
    }
    return this.#ping.packet;
  }

  onHandshake(): void {
    this.#admission.begin();
  }

  onHandshakeEnd(): void {
    this.#admission.end();
  }

  forget(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    this.#admission.onGone(connection.request.address);
    if (this.#connections.size === 0) this.#closing?.settle();
  }

  report(error: unknown): void {
    this.#owner.report(error);
  }

  /**
   * Opens a connection on a transport of the caller's own.
   *
   * @param id - the connection's id, from {@link generateId}
   * @param request - the request, as far as the connection remembers it
   * @param makeTransport - makes the transport for the connection
   * @param version - the version of Engine.IO that the client speaks
   */
  open<T extends Transport>(
    id: string,
    request: EngineRequest,
    makeTransport: (connection: Connection) => T,
    version: ProtocolVersion = 4,
  ): { connection: Connection; transport: T } {
    this.counters.opened += 1;
    const connection = new Connection(this, id, this.counters.opened, request, version);
    const transport = makeTransport(connection);
    const listener = this.#owner.onConnection(connection);
    this.#connections.set(connection.id, connection);
    this.#admission.onOpen(request.address);
    if (this.trace.active) {
      const { number, request } = connection;
      this.trace.publish({
        type: "connection open",
        connection: number,
        transport: transport.name,
        address: request.address,
      });
    }
    connection.open(transport, listener);
    connection.send(new OutgoingPacket(this.#handshake(id, transport.name), undefined, secretFlags));
    // Its request was accepted just before, and its handshake took until now.
    if (this.#closing !== null) connection.close("server shutting down");
    else listener.onOpen?.();
    return { connection, transport };
  }

  /** Takes no new clients any more; those that are connected stay. */
  refuseClients(): void {
    this.#refusing = true;
    this.#admission.refuseAll("shuttingDown");
  }

  /**
   * Refuses new clients and ends all connections after what was sent before.
   *
   * @param timeout - how long clients may take to say goodbye, in ms, before they are cut off
   */
  async close(timeout: number): Promise<void> {
    this.refuseClients();
    if (this.#closing === null) {
      let settle = () => {};
      const done = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#closing = { done, settle };
      for (const connection of [...this.#connections.values()]) connection.close("server shutting down");
      this.outbox.flush();
      if (this.#connections.size === 0) settle();
    }
    const cutOff = () => {
      for (const connection of [...this.#connections.values()]) connection.terminate("server shutting down");
    };
    const timer = this.#clock.after(timeout, cutOff, true);
    await this.#closing.done;
    timer.cancel();
  }

  #fileName(path: string): string {
    return path.slice(this.#path.length + 1);
  }

  #check(
    request: EngineRequest,
    query: EngineQuery,
    exchange: HttpExchange | UpgradeExchange,
    carrier: TransportName,
    isRelayed: boolean,
  ): HttpErrorName | undefined {
    const { maxQueryLength, maxCookieLength } = this.#options;
    if (request.url.length - request.path.length - 1 > maxQueryLength) return "queryTooLong";
    if ((request.headers.cookie?.length ?? 0) > maxCookieLength) return "cookieTooLong";
    // What a peer relays, it has checked; of the client's own way here it alone knows.
    if (!isRelayed) {
      if (this.#hosts?.allows(request, exchange) === false) {
        this.#warnOfHost(request);
        return "hostForbidden";
      }
      if (!this.#origins.allows(request)) {
        this.#warnOfOrigin(request);
        return "originForbidden";
      }
    }
    if (query.transport !== carrier || !this.#options.transports.includes(carrier)) return "unknownTransport";
    const { version } = query;
    if (version !== "4" && !(version === "3" && this.#options.allowEIO3)) {
      if (version === "3") this.#warnOfVersion();
      return "unsupportedVersion";
    }
    if (query.isJsonp) return "jsonpUnsupported";
    if (this.#refusing && query.id === null) return "shuttingDown";
    return undefined;
  }

  /** Leads a polling request to its connection, or opens one; gives the reason if it can do neither. */
  #route(
    exchange: HttpExchange,
    request: EngineRequest,
    query: EngineQuery,
    refuse: Refuse,
    isRelayed: boolean,
  ): HttpErrorName | undefined {
    const { method } = request;
    const { id } = query;
    if (id === null) {
      if (isRelayed) return "badRequest";
      if (method !== "GET") return "badHandshakeMethod";
      this.#allow(request, refuse, () => this.#openPolling(exchange, request, formOf(query)));
      return undefined;
    }
    const connection = this.#connections.get(id);
    if (connection === undefined) {
      const isForeign = !isRelayed && (method === "GET" || method === "POST") && this.#isForeign(id);
      return isForeign && this.#relay?.relayRequest(id, exchange) ? undefined : "unknownSession";
    }
    const taken =
      connection.version === formOf(query).version &&
      ((method === "GET" && connection.poll(exchange)) || (method === "POST" && connection.post(exchange)));
    return taken ? undefined : "badRequest";
  }

  /** Moves a connection to a WebSocket, or opens one there; gives the reason if it can do neither. */
  #routeUpgrade(
    exchange: UpgradeExchange,
    request: EngineRequest,
    query: EngineQuery,
    refuse: Refuse,
    isRelayed: boolean,
  ): HttpErrorName | undefined {
    const { id } = query;
    const form = formOf(query);
    if (id === null) {
      if (isRelayed) return "badRequest";
      this.#allow(request, refuse, () => this.#openWebSocket(exchange, request, form));
      return undefined;
    }
    const connection = this.#connections.get(id);
    if (connection === undefined) {
      const isForeign = !isRelayed && this.#isForeign(id);
      return isForeign && this.#relay?.relayUpgrade(id, exchange) ? undefined : "unknownSession";
    }
    const mayUpgrade =
      this.#options.allowUpgrades && connection.isOpen && connection.version === form.version;
    if (!mayUpgrade) return "badRequest";
    exchange.accept({}, (link) =>
      connection.canUpgrade ? connection.beginUpgrade(link, form) : this.#turnAway(link),
    );
    return undefined;
  }

  /**
   * Closes a WebSocket whose session has one already, or has ended. The protocol's reference accepts it
   * first, too.
   */
  #turnAway(link: WebSocketLink): WebSocketListener {
    const timer = this.#clock.after(farewellTimeout, () => link.terminate());
    link.close();
    return { onText() {}, onBinary() {}, onClose: () => timer.cancel() };
  }

  /** Whether an id, which no connection here has, may be that of another process's connection. */
  #isForeign(id: string): boolean {
    return this.#relay !== null && !id.startsWith(this.#relay.prefix);
  }

  #see(request: EngineRequest): EngineRequest {
    return this.#proxies === null ? request : this.#proxies.see(request);
  }

  /** Opens a connection, or refuses to, when it is the client's turn. */
  #allow(request: EngineRequest, refuse: Refuse, proceed: () => void): void {
    this.#admission.admit(
      request.address,
      () => {
        if (this.#options.allowRequest === null) this.#attempt(refuse, proceed);
        else this.#ask(this.#options.allowRequest, request, refuse, proceed);
      },
      refuse,
    );
  }

  #ask(allowRequest: AllowRequest, request: EngineRequest, refuse: Refuse, proceed: () => void): void {
    this.#admission.begin();
    // The function is the application's: whatever it throws refuses the client and is told to the operator.
    new Promise<boolean>((resolve) => resolve(allowRequest(request)))
      .catch((error: unknown) => {
        this.#owner.report(error);
        return false;
      })
      .then((allowed) => {
        const full = this.#admission.check(request.address);
        if (!allowed) refuse("forbidden");
        else if (this.#refusing) refuse("shuttingDown");
        else if (full !== undefined) refuse(full);
        else this.#attempt(refuse, proceed);
      })
      .catch((error: unknown) => this.#owner.report(error))
      .finally(() => this.#admission.end());
  }

  /**
   * Whatever goes wrong here is the server's own fault: one client is refused, and the others notice nothing.
   */
  #attempt(refuse: Refuse, proceed: () => void): void {
    try {
      proceed();
    } catch (error) {
      this.#owner.report(error);
      refuse("serverError");
    }
  }

  #openPolling(exchange: HttpExchange, request: EngineRequest, form: WireFormat): void {
    const id = this.#newId();
    // First, since a function of the application may make it.
    const headers = this.#cookieHeader(id, request);
    const { transport } = this.open(
      id,
      request,
      (owner) => new PollingTransport(this.#polling, owner, form),
      form.version,
    );
    transport.poll(exchange, headers);
  }

  #openWebSocket(exchange: UpgradeExchange, request: EngineRequest, form: WireFormat): void {
    const id = this.#newId();
    exchange.accept(this.#cookieHeader(id, request), (link: WebSocketLink) => {
      const { connection, transport } = this.open(
        id,
        request,
        (owner) => new WebSocketTransport(link, owner, form),
        form.version,
      );
      // Together with the answer to the request, which is on its way at this moment.
      connection.flush();
      return form.listen(transport);
    });
  }

  /** The packet that opens a connection. Ids need no escaping. */
  #handshake(id: string, transport: TransportName): string {
    return `0{"sid":"${id}",${this.#settings[transport]}`;
  }

  #cookieHeader(id: string, request: EngineRequest): Record<string, string> {
    const { cookie } = this.#options;
    return cookie === false ? {} : { "set-cookie": connectionCookie(cookie, id, request.secure) };
  }

  #refusal(request: EngineRequest, name: HttpErrorName): HttpResponse {
    const { method, path, address } = request;
    const error = httpErrors[name];
    const { status, message } = error;
    this.counters.refused[name] += 1;
    if (this.trace.active) {
      this.trace.publish({ type: "request refused", status, message, method, path, address });
    }
    return httpErrorResponse(error, this.#origins.headers(request));
  }

  #warnOfVersion(): void {
    if (this.#warnedOfVersion) return;
    this.#warnedOfVersion = true;
    this.#owner.warn(
      "Refused a client of Socket.IO 2 (Engine.IO 3). To let such clients connect: new SocketIO(app, { allowEIO3: true }).",
    );
  }

  #warnOfHost(request: EngineRequest): void {
    const host = quoted(hostOf(request));
    const name = quoted(hostOf(request).replace(/:\d+$/, ""));
    this.#warnOnce(
      `host ${host}`,
      this.#hosts?.hasList === true
        ? `Refused a request to the host ${host}, which the option allowedHosts does not name. To let clients ask for it: new SocketIO(app, { allowedHosts: [${name}, …] }).`
        : `Refused a request to the host ${host}: this server listens on this machine alone, where pages of strangers could pretend to be its own under a name of theirs (DNS rebinding). ` +
            `To let clients ask for it: new SocketIO(app, { allowedHosts: [${name}] }); behind a proxy on this machine: new SocketIO(app, { trustedProxies: ["127.0.0.1"] }).`,
    );
  }

  #warnOfOrigin(request: EngineRequest): void {
    const { origin: given } = request.headers;
    if (given === undefined) {
      this.#warnOnce(
        "no origin",
        "Refused a request that a browser made for another site's page without an Origin, as for an image or a link. Clients make none like that.",
      );
      return;
    }
    const origin = String(given).slice(0, 200);
    this.#warnOnce(
      `origin ${origin}`,
      `Refused a page of ${quoted(origin)}, which is not this server's own origin (${quoted(hostOf(request))}). ` +
        `To let its pages connect: new SocketIO(app, { cors: { origin: ${quoted(origin)} } }).`,
    );
  }

  /** One line for each host and origin is enough, and strangers must not be able to fill the log. */
  #warnOnce(about: string, message: string): void {
    if (this.#warnedOf.has(about) || this.#warnedOf.size >= 100) return;
    this.#warnedOf.add(about);
    this.#owner.warn(message);
  }
}

/** The host that a request names, for a line of the log. */
function hostOf(request: EngineRequest): string {
  return String(request.host ?? request.headers.host ?? "").slice(0, 200);
}

/** How the client of a request writes and reads packets. */
function formOf({ version, isTextOnly }: EngineQuery): WireFormat {
  if (version === "3") return isTextOnly ? eio3TextFormat : eio3BinaryFormat;
  return isTextOnly ? base64Format : wireForm;
}

function settingsFor(transport: TransportName, options: EngineOptions): string {
  const { allowUpgrades, transports, pingInterval, pingTimeout, maxHttpBufferSize } = options;
  const canUpgrade = transport === "polling" && allowUpgrades && transports.includes("websocket");
  const upgrades = canUpgrade ? ["websocket"] : [];
  const settings = { upgrades, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize };
  return JSON.stringify(settings).slice(1);
}
