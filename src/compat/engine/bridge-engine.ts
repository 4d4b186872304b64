/**
 * The engine below the server, as programs of socket.io know it by `io.engine`: middleware around requests,
 * ids of connections, events of requests.
 */

import { EventEmitter } from "node:events";
import { IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { parse } from "node:querystring";
import { requestAgain } from "../../adapter/node/request-again.ts";
import { noHeaders, type RequestFilter } from "../../adapter/node/request-filter.ts";
import { idGenerator } from "../../base/id.ts";
import { isPlainObject } from "../../base/options.ts";
import type { Connection } from "../../engine/connection.ts";
import type { ConnectionWatcher } from "../../engine/connection-host.ts";
import type { EngineRequest, HeaderFields } from "../../engine/ports.ts";
import type { HttpError } from "../../engine/request/http-error.ts";
import { nameClass } from "../class-name.ts";
import type { AllowRequestCallback } from "../options/bridge-options.ts";
import type { CorsDecisions } from "../options/cors-setting.ts";
import { refuseMethods } from "../refusals/refused-names.ts";
import type { ConnectionEngine } from "./bridge-connection.ts";
import { UpgradeResponse } from "./upgrade-response.ts";

/** A function around requests. */
export type EngineMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** What the engine needs of its server. */
export interface EngineServer {
  /** The number of connections. */
  readonly clientsCount: number;
  /** The options as the program gave them. */
  readonly givenOptions: object;
  /** All connections. */
  readonly connections: Iterable<Connection>;
  watch(connection: Connection, watcher: ConnectionWatcher): void;
  report(error: unknown, where?: string): void;
}

/** A request with its parsed query, where stock middleware looks for it. */
type QueriedRequest = IncomingMessage & { _query?: Record<string, unknown> };

/** Header fields that listeners may add to. */
type Fields = Record<string, string | string[]>;

/** The values of socket.io where a program gives none. */
const stockOptions = {
  pingTimeout: 20_000,
  pingInterval: 25_000,
  upgradeTimeout: 10_000,
  maxHttpBufferSize: 1_000_000,
  transports: ["polling", "websocket"],
  allowUpgrades: true,
  allowEIO3: false,
};

const newId = idGenerator();

const middlewareFailure = { name: "MIDDLEWARE_FAILURE" };

/** The engine of a server. */
export class BridgeEngine extends EventEmitter implements RequestFilter, ConnectionEngine {
  /** Decides about origins; `null` where pages of other origins get no answers. */
  cors: CorsDecisions | null = null;
  allowRequest: AllowRequestCallback | null = null;
  /** A program may put a function of its own in its place. */
  generateId: (request: IncomingMessage) => string | Promise<string> = newId;
  readonly #server: EngineServer;
  readonly #middleware: EngineMiddleware[] = [];
  /** Requests that the program has seen, by their header fields, which the core keeps. */
  readonly #requests = new WeakMap<object, IncomingMessage>();
  /** The sockets of the others: a request takes more memory than the bridge's own objects of a client. */
  readonly #sockets = new WeakMap<object, Socket>();
  /** Connections that the program closes by themselves, and not with their sockets. */
  readonly #closing = new WeakSet<object>();
  /** What `allowRequest` says of requests that it refuses. */
  readonly #denials = new WeakMap<object, unknown>();
  /** Ids for connections that are about to open. */
  readonly #ids = new WeakMap<object, string>();

  constructor(server: EngineServer) {
    super();
    this.#server = server;
  }

  get clientsCount(): number {
    return this.#server.clientsCount;
  }

  /** What the program gave, and else what socket.io takes. Changes have no effect. */
  get opts(): Readonly<Record<string, unknown>> {
    return Object.freeze({ ...stockOptions, ...this.#server.givenOptions });
  }

  close(): this {
    for (const connection of this.#server.connections) this.closeConnection(connection);
    return this;
  }

  use(middleware: EngineMiddleware): this {
    this.#middleware.push(middleware);
    return this;
  }

  requestOf(request: EngineRequest): IncomingMessage {
    const { headers, http } = request;
    // What passed the middleware of Roomcast's own option is the runtime's request already.
    if (http instanceof IncomingMessage) return http;
    return this.#requests.get(headers) ?? this.#know(requestAgain(request, this.#sockets.get(headers)));
  }

  closeConnection(connection: Connection): void {
    this.#closing.add(connection);
    connection.close("forced close");
  }

  /** Whether the program has closed a connection by itself. */
  hasClosed(connection: object): boolean {
    return this.#closing.has(connection);
  }

  watch(connection: Connection, watcher: ConnectionWatcher): void {
    this.#server.watch(connection, watcher);
  }

  report(error: unknown): void {
    this.#server.report(error);
  }

  /** Asks the program about a handshake, and for the id of its connection. */
  readonly decide = (request: EngineRequest): boolean | Promise<boolean> =>
    // Most programs have neither, and then the client need not wait.
    this.allowRequest === null && this.generateId === newId ? true : this.#ask(request);

  /** The id that the program has chosen for a connection; `null` where it chooses none. */
  readonly connectionId = ({ headers }: EngineRequest): string | null => this.#ids.get(headers) ?? null;

  /** A request was refused. */
  readonly onRefused = (request: EngineRequest, { code, message }: HttpError): void => {
    if (this.listenerCount("connection_error") === 0) return;
    const req = this.requestOf(request);
    const context = this.#contextOf(req, code, message);
    this.#tell("connection_error", { req, code, message, context });
  };

  /** A connection has opened. */
  onConnection(find: () => object): void {
    if (this.listenerCount("connection") > 0) this.#tell("connection", find());
  }

  onRequest(request: IncomingMessage, response: ServerResponse, proceed: () => void): void {
    const { cors } = this;
    if (cors === null && this.#passes(request)) {
      proceed();
      return;
    }
    this.#know(request);
    if (request.method === "OPTIONS" && cors !== null) {
      cors.answerPreflight(request, response);
      return;
    }
    this.#pass(request, response, (error) => {
      if (error) {
        this.#onFailure(request, error);
        const body = JSON.stringify({ code: 3, message: "Bad request" });
        if (!response.headersSent) response.writeHead(400, { "content-type": "application/json" }).end(body);
        return;
      }
      const fields = this.#fieldsFor(request);
      for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
      if (Object.keys(fields).some(isSetCookie)) keepCookies(response);
      if (cors === null || request.headers.origin === undefined) proceed();
      else cors.decide(request, proceed);
    });
  }

  onUpgrade(request: IncomingMessage, socket: Socket, proceed: (headers: HeaderFields) => void): void {
    if (this.#passes(request)) {
      proceed(noHeaders);
      return;
    }
    this.#know(request);
    if (this.#middleware.length === 0) {
      proceed(this.#fieldsFor(request));
      return;
    }
    const response = new UpgradeResponse(request, socket);
    this.#pass(request, response, (error) => {
      if (error) {
        this.#onFailure(request, error);
        response.writeHead(400, { "content-type": "text/plain" }).end("Bad request");
      } else if (!response.writableEnded) {
        proceed({ ...UpgradeResponse.release(response), ...this.#fieldsFor(request) });
      }
    });
  }

  /** Lets a request pass that the program does not look at before the core does. */
  #passes(request: IncomingMessage): boolean {
    const isSeen =
      this.#middleware.length > 0 ||
      this.allowRequest !== null ||
      this.generateId !== newId ||
      this.listenerCount("initial_headers") > 0 ||
      this.listenerCount("headers") > 0 ||
      // The program has a class of its own for requests, or this is one of HTTP/2.
      request.constructor !== IncomingMessage;
    if (isSeen) return false;
    this.#sockets.set(request.headers, request.socket);
    return true;
  }

  /** What socket.io tells of a refusal beside its code. */
  #contextOf(request: QueriedRequest, code: number, message: string): object {
    const query = request._query ?? {};
    switch (code) {
      case 0:
        return { transport: query.transport };
      case 1:
        return { sid: query.sid };
      case 2:
        return { method: request.method };
      case 4:
        return this.#denials.has(request.headers)
          ? { message: this.#denials.get(request.headers) }
          : { name: message };
      case 5:
        return { protocol: query.EIO === "4" ? 4 : 3 };
      default:
        return { name: message };
    }
  }

  async #ask(request: EngineRequest): Promise<boolean> {
    const raw = this.requestOf(request);
    const { allowRequest, generateId } = this;
    if (allowRequest !== null) {
      const isAllowed = await new Promise<boolean>((resolve) => {
        allowRequest(raw, (error, success) => {
          if (error || !success) this.#denials.set(request.headers, error);
          resolve(!error && success);
        });
      });
      if (!isAllowed) return false;
    }
    if (generateId !== newId) this.#ids.set(request.headers, await generateId(raw));
    return true;
  }

  #onFailure(request: IncomingMessage, error: unknown): void {
    this.#server.report(error, "A middleware of io.engine failed");
    this.#tell("connection_error", {
      req: request,
      code: 3,
      message: "Bad request",
      context: middlewareFailure,
    });
  }

  /** Runs the middleware. */
  #pass(request: IncomingMessage, response: ServerResponse, done: (error?: unknown) => void): void {
    const run = (index: number): void => {
      const middleware = this.#middleware[index];
      if (middleware === undefined) {
        done();
        return;
      }
      let isOver = false;
      const next = (error?: unknown) => {
        if (isOver) return;
        isOver = true;
        if (error) done(error);
        else run(index + 1);
      };
      try {
        middleware(request, response, next);
      } catch (error) {
        next(error);
      }
    };
    run(0);
  }

  /** The header fields that listeners add to an answer. */
  #fieldsFor(request: QueriedRequest): Fields {
    const fields: Fields = {};
    if (request._query?.sid === undefined) this.#tell("initial_headers", fields, request);
    this.#tell("headers", fields, request);
    return fields;
  }

  #know(request: QueriedRequest): IncomingMessage {
    const { url = "" } = request;
    const mark = url.indexOf("?");
    request._query = parse(mark === -1 ? "" : url.slice(mark + 1));
    this.#requests.set(request.headers, request);
    return request;
  }

  #tell(event: string, ...values: readonly unknown[]): void {
    for (const listener of this.rawListeners(event)) {
      try {
        Reflect.apply(listener, this, values);
      } catch (error) {
        this.#server.report(error);
      }
    }
  }
}

const isSetCookie = (name: string) => name.toLowerCase() === "set-cookie";

/** Has cookies that listeners gave replace the one of the connection, which would be sent in their place. */
function keepCookies(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...given: readonly unknown[]) => ServerResponse;
  response.writeHead = (...given: readonly unknown[]) =>
    writeHead(
      ...given.map((each) =>
        isPlainObject(each)
          ? Object.fromEntries(Object.entries(each).filter(([name]) => !isSetCookie(name)))
          : each,
      ),
    );
}

nameClass(BridgeEngine, "Server");
refuseMethods(BridgeEngine.prototype, "Engine");
