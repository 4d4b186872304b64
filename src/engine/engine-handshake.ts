/**
 * From a request that names no connection to a new one. The application's own function is asked, the limits
 * are checked, and the client learns its id and the server's settings:
 *
 *     client                                   server
 *       | GET ?EIO=4&transport=polling ------> |  allowRequest, limits
 *       | <- 0{"sid":…,"pingInterval":…,…} --- |  the first packet of every connection
 */

import { generateId, idGenerator, isUsableId } from "../base/id.ts";
import type { Connection, ConnectionListener } from "./connection.ts";
import type { ConnectionRegistry } from "./connection-registry.ts";
import type { AllowRequest, EngineOptions, TransportName } from "./engine-options.ts";
import { OutgoingPacket, secretFlags } from "./outbox/outgoing-packet.ts";
import type { EngineRequest, HttpExchange, UpgradeExchange, WebSocketLink } from "./ports.ts";
import type { Admission } from "./request/admission.ts";
import type { Arrival, Refuse } from "./request/arrival.ts";
import { connectionCookie } from "./request/connection-cookie.ts";
import type { OriginPolicy } from "./request/origin-policy.ts";
import { traceConnection } from "./request/traced-exchange.ts";
import { type PollingOptions, PollingTransport } from "./transport/polling-transport.ts";
import type { Transport } from "./transport/transport.ts";
import { WebSocketTransport } from "./transport/websocket-transport.ts";
import type { WireFormat } from "./transport/wire-format.ts";

/** What the handshake asks of the layer above. */
export interface EngineHandshakeOwner {
  /** A client has connected. Returns its listener; packets flow from then on. */
  onConnection(connection: Connection): ConnectionListener;
  /** Reports an error that is the server's own fault. */
  report(error: unknown): void;
  /** Chooses the id of a connection; `null` leaves it to the engine. */
  connectionId?(request: EngineRequest): string | null;
}

/** What the handshake works with. */
export interface EngineHandshakeParts {
  readonly connections: ConnectionRegistry;
  readonly admission: Admission;
  readonly origins: OriginPolicy;
}

/** Opens the connections of one server. */
export class EngineHandshake {
  readonly #owner: EngineHandshakeOwner;
  readonly #connections: ConnectionRegistry;
  readonly #admission: Admission;
  readonly #cookie: EngineOptions["cookie"];
  readonly #allowRequest: AllowRequest | null;
  readonly #polling: PollingOptions;
  /** What clients are told of the server's settings, by the transport that they begin with. */
  readonly #settings: Readonly<Record<TransportName, string>>;
  #newId: () => string = generateId;

  constructor(options: EngineOptions, owner: EngineHandshakeOwner, parts: EngineHandshakeParts) {
    const { connections, admission, origins } = parts;
    this.#owner = owner;
    this.#connections = connections;
    this.#admission = admission;
    this.#cookie = options.cookie;
    this.#allowRequest = options.allowRequest;
    this.#polling = {
      maxHttpBufferSize: options.maxHttpBufferSize,
      maxPacketsPerPayload: options.maxPacketsPerPayload,
      httpCompression: options.httpCompression,
      compressionThreshold: options.compressionThreshold,
      responseHeaders: (request) => origins.headers(request),
    };
    this.#settings = {
      polling: settingsFor("polling", options),
      websocket: settingsFor("websocket", options),
    };
  }

  /** Begins all ids with a prefix, by which other processes know whose they are. */
  setIdPrefix(prefix: string): void {
    this.#newId = idGenerator(prefix);
  }

  /** Opens a connection over polling, or refuses to. */
  beginPolling(exchange: HttpExchange, { request, refuse }: Arrival, format: WireFormat): void {
    this.#allow(request, refuse, () => this.#openPolling(exchange, request, format));
  }

  /** Opens a connection over a WebSocket, or refuses to. */
  beginWebSocket(exchange: UpgradeExchange, { request, refuse }: Arrival, format: WireFormat): void {
    this.#allow(request, refuse, () => this.#openWebSocket(exchange, request, format));
  }

  /** Opens a connection, or refuses to, when it is the client's turn. */
  #allow(request: EngineRequest, refuse: Refuse, proceed: () => void): void {
    this.#admission.admit(
      request.address,
      () => {
        if (this.#allowRequest === null) this.#attempt(refuse, proceed);
        else this.#ask(this.#allowRequest, request, refuse, proceed);
      },
      refuse,
    );
  }

  /** The function is the application's: whatever it throws refuses the client and is told to the operator. */
  #ask(allowRequest: AllowRequest, request: EngineRequest, refuse: Refuse, proceed: () => void): void {
    let answer: boolean | Promise<boolean>;
    try {
      answer = allowRequest(request);
    } catch (error) {
      this.#owner.report(error);
      answer = false;
    }
    if (answer === true) {
      this.#attempt(refuse, proceed);
      return;
    }
    this.#admission.begin();
    Promise.resolve(answer)
      .catch((error: unknown) => {
        this.#owner.report(error);
        return false;
      })
      .then((allowed) => {
        const full = this.#admission.check(request.address);
        if (!allowed) refuse("forbidden");
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
      refuse("serverError", error);
    }
  }

  #openPolling(exchange: HttpExchange, request: EngineRequest, format: WireFormat): void {
    const id = this.#idFor(request);
    // First, since a function of the application may make it.
    const headers = this.#cookieHeader(id, request);
    const connection = this.#connections.make(id, request, format.version);
    traceConnection(exchange, connection.number);
    const transport = new PollingTransport(this.#polling, connection, format);
    this.#open(connection, transport);
    transport.poll(exchange, headers);
  }

  #openWebSocket(exchange: UpgradeExchange, request: EngineRequest, format: WireFormat): void {
    const id = this.#idFor(request);
    exchange.accept(this.#cookieHeader(id, request), (link: WebSocketLink) => {
      const connection = this.#connections.make(id, request, format.version);
      traceConnection(exchange, connection.number);
      const transport = new WebSocketTransport(link, connection, format);
      this.#open(connection, transport);
      // Together with the answer to the request, which is on its way at this moment.
      connection.flush();
      return format.listen(transport);
    });
  }

  #idFor(request: EngineRequest): string {
    const id = this.#owner.connectionId?.(request) ?? null;
    if (id === null) return this.#newId();
    if (isUsableId(id) && this.#connections.get(id) === undefined) return id;
    throw new Error(
      "The function that makes ids of connections gave one that another has, or that is not of letters, digits and _ . - alone.",
    );
  }

  #open(connection: Connection, transport: Transport): void {
    const listener = this.#owner.onConnection(connection);
    this.#connections.add(connection, transport.name);
    connection.open(transport, listener);
    connection.send(new OutgoingPacket(this.#firstPacket(connection, transport), undefined, secretFlags));
    // Its request was accepted just before, and its handshake took until now.
    if (this.#connections.isClosing) connection.close("server shutting down");
    else listener.onOpen?.();
  }

  /** The packet that opens a connection. Ids need no escaping. */
  #firstPacket({ id }: Connection, { name }: Transport): string {
    return `0{"sid":"${id}",${this.#settings[name]}`;
  }

  #cookieHeader(id: string, request: EngineRequest): Record<string, string> {
    return this.#cookie === false ? {} : { "set-cookie": connectionCookie(this.#cookie, id, request.secure) };
  }
}

function settingsFor(transport: TransportName, options: EngineOptions): string {
  const { allowUpgrades, transports, pingInterval, pingTimeout, maxHttpBufferSize } = options;
  const canUpgrade = transport === "polling" && allowUpgrades && transports.includes("websocket");
  const upgrades = canUpgrade ? ["websocket"] : [];
  const settings = { upgrades, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize };
  return JSON.stringify(settings).slice(1);
}
