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
import type {
  EngineRequest,
  HeaderFields,
  HttpExchange,
  HttpResponse,
  UpgradeExchange,
  WebSocketLink,
} from "./ports.ts";
import type { Admission } from "./request/admission.ts";
import type { Arrival, Refuse } from "./request/arrival.ts";
import { connectionCookie } from "./request/connection-cookie.ts";
import type { OriginPolicy } from "./request/origin-policy.ts";
import { traceConnection } from "./request/traced-exchange.ts";
import { webSocketTransport } from "./transport/deflated-transport.ts";
import { type PollingOptions, PollingTransport } from "./transport/polling-transport.ts";
import type { Transport } from "./transport/transport.ts";
import type { WireFormat } from "./transport/wire-format.ts";

/** What the application says of a request that would open a connection. */
export type Screening =
  /** The fields are sent with the answer that opens it. */
  | { readonly type: "passed"; readonly headers: HeaderFields }
  | { readonly type: "answered"; readonly response: HttpResponse };

/** Has the application see each request that would open a connection. */
export interface OpeningScreen {
  /** @param raw - the request as the runtime has it, where there is one */
  see(request: EngineRequest, raw: unknown): Promise<Screening>;
}

/** What the handshake asks of the layer above. */
export interface EngineHandshakeOwner {
  /** Absent where requests need not be seen. */
  readonly screen?: OpeningScreen | null;
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

/** Opens a connection; the fields are sent with the answer. */
type Proceed = (fields: HeaderFields) => void;

const noFields: HeaderFields = {};

/** Opens the connections of one server. */
export class EngineHandshake {
  readonly #owner: EngineHandshakeOwner;
  readonly #connections: ConnectionRegistry;
  readonly #admission: Admission;
  readonly #cookie: EngineOptions["cookie"];
  readonly #allowRequest: AllowRequest | null;
  readonly #screen: OpeningScreen | null;
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
    this.#screen = owner.screen ?? null;
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
    const proceed = (fields: HeaderFields) => this.#openPolling(exchange, request, format, fields);
    this.#allow(exchange, request, refuse, proceed);
  }

  /** Opens a connection over a WebSocket, or refuses to. */
  beginWebSocket(exchange: UpgradeExchange, { request, refuse }: Arrival, format: WireFormat): void {
    const proceed = (fields: HeaderFields) => this.#openWebSocket(exchange, request, format, fields);
    this.#allow(exchange, request, refuse, proceed);
  }

  /** Opens a connection, or refuses to, when it is the client's turn. */
  #allow(
    exchange: HttpExchange | UpgradeExchange,
    request: EngineRequest,
    refuse: Refuse,
    proceed: Proceed,
  ): void {
    this.#admission.admit(
      request.address,
      () => {
        // A request object of a proxy's is another than that of the exchange.
        const screened =
          this.#screen === null ? proceed : () => this.#pass(exchange, request, refuse, proceed);
        if (this.#allowRequest === null) this.#attempt(refuse, screened);
        else this.#ask(this.#allowRequest, request, refuse, screened);
      },
      refuse,
    );
  }

  /** Opens a connection where the application lets its request pass. */
  #pass(
    { raw }: HttpExchange | UpgradeExchange,
    request: EngineRequest,
    refuse: Refuse,
    proceed: Proceed,
  ): void {
    if (this.#screen === null) return;
    this.#admission.begin();
    this.#screen
      .see(request, raw)
      .then((screening) => {
        const full = this.#admission.check(request.address);
        if (screening.type === "answered") refuse("middlewareRefused", undefined, screening.response);
        else if (full !== undefined) refuse(full);
        else this.#attempt(refuse, () => proceed(screening.headers));
      })
      .catch((error: unknown) => {
        this.#owner.report(error);
        refuse("serverError", error);
      })
      .finally(() => this.#admission.end());
  }

  /** The function is the application's: whatever it throws refuses the client and is told to the operator. */
  #ask(allowRequest: AllowRequest, request: EngineRequest, refuse: Refuse, proceed: Proceed): void {
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
  #attempt(refuse: Refuse, proceed: Proceed): void {
    try {
      proceed(noFields);
    } catch (error) {
      this.#owner.report(error);
      refuse("serverError", error);
    }
  }

  #openPolling(
    exchange: HttpExchange,
    request: EngineRequest,
    format: WireFormat,
    fields: HeaderFields,
  ): void {
    const id = this.#idFor(request);
    // First, since a function of the application may make it.
    const headers = withFields(this.#cookieHeader(id, request), fields);
    const connection = this.#connections.make(id, request, format.version);
    traceConnection(exchange, connection.number);
    const transport = new PollingTransport(this.#polling, connection, format);
    this.#open(connection, transport);
    transport.poll(exchange, headers);
  }

  #openWebSocket(
    exchange: UpgradeExchange,
    request: EngineRequest,
    format: WireFormat,
    fields: HeaderFields,
  ): void {
    const id = this.#idFor(request);
    exchange.accept(withFields(this.#cookieHeader(id, request), fields), (link: WebSocketLink) => {
      const connection = this.#connections.make(id, request, format.version);
      traceConnection(exchange, connection.number);
      const transport = webSocketTransport(link, connection, format);
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

/** The cookie of a connection, with the fields that the application adds to the answer. */
function withFields(own: HeaderFields, fields: HeaderFields): HeaderFields {
  if (fields === noFields) return own;
  const cookies = [own["set-cookie"] ?? [], fields["set-cookie"] ?? []].flat();
  return cookies.length === 0 ? fields : { ...fields, "set-cookie": cookies };
}

function settingsFor(transport: TransportName, options: EngineOptions): string {
  const { allowUpgrades, transports, pingInterval, pingTimeout, maxHttpBufferSize } = options;
  const canUpgrade = transport === "polling" && allowUpgrades && transports.includes("websocket");
  const upgrades = canUpgrade ? ["websocket"] : [];
  const settings = { upgrades, pingInterval, pingTimeout, maxPayload: maxHttpBufferSize };
  return JSON.stringify(settings).slice(1);
}
