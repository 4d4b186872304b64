/** The adapter through which the gateways of a NestJS application have the bridge as their server. */

import { Logger } from "@nestjs/common";
import { RoomcastError } from "../base/errors.ts";
import { show } from "../base/options.ts";
import { type Namespace, Server, type ServerOptions, type Socket } from "../compat/index.ts";
import { ClientCalls, type MessageHandler, type MessagePayload, type Results } from "./client-calls.ts";
import { answerExceptions, handleMessage } from "./exception-answers.ts";
import { nestLogger } from "./nest-logger.ts";

/** A server of Node's, such as a Nest application has. */
type HttpServer = Server["httpServer"];

/** What Nest adds to the options of a gateway. */
interface NamespaceOptions {
  namespace?: string | RegExp;
  server?: Server;
}

/**
 * Serves the gateways of a NestJS application, in place of the `IoAdapter` of `@nestjs/platform-socket.io`.
 *
 * ```ts
 * const app = await NestFactory.create(AppModule);
 * app.useWebSocketAdapter(new RoomcastAdapter(app, { cors: { origin: "https://example.com" } }));
 * await app.listen(3000);
 * ```
 *
 * To change how servers are made, extend the class and override {@link createIOServer}.
 */
export class RoomcastAdapter {
  /** The server of the application; `undefined` for none. */
  protected readonly httpServer: HttpServer | undefined;
  /** Set by Nest from the option of the same name: it closes the connections of the application itself. */
  forceCloseConnections = false;
  /** Nest's log, which gets Roomcast's lines, too, where the options name no other. */
  protected readonly logger = new Logger(RoomcastAdapter.name);
  readonly #options: Partial<ServerOptions>;
  readonly #calls = new WeakMap<object, ClientCalls>();

  /**
   * @param appOrHttpServer - the application of `NestFactory.create()`, or a server of Node's; nothing where
   *   each gateway has a port of its own
   * @param options - for every server that gateways ask for: those of `new Server()` of `roomcast/socket.io`,
   *   which are socket.io's and Roomcast's. The options of a gateway come before them
   * @throws {@link RoomcastError} `ERR_APP` for something else than an application or a server
   */
  constructor(appOrHttpServer?: unknown, options: Partial<ServerOptions> = {}) {
    this.httpServer = httpServerOf(appOrHttpServer);
    this.#options = { logger: nestLogger(this.logger), ...options };
  }

  /**
   * Makes the server of a gateway, or finds its namespace there.
   *
   * @param port - `0` for that of the application
   * @throws {@link RoomcastError} `ERR_OPTION` for an option that cannot be used
   */
  create(port: number, options: Partial<ServerOptions> & NamespaceOptions = {}): Server | Namespace {
    const { namespace, server, ...rest } = options;
    if (!namespace) return this.createIOServer(port, rest);
    return (typeof server?.of === "function" ? server : this.createIOServer(port, rest)).of(namespace);
  }

  /**
   * Makes a server. A class that extends the adapter may change the options, or the server.
   *
   * @param port - `0` for that of the application
   * @param options - of the gateway
   */
  createIOServer(port: number, options: Partial<ServerOptions> = {}): Server {
    const settled = { ...this.#options, ...options };
    return port === 0 && this.httpServer !== undefined
      ? new Server(this.httpServer, settled)
      : new Server(port, settled);
  }

  bindClientConnect(server: Server | Namespace, callback: (socket: Socket) => void): void {
    (server as Namespace).on("connection", callback);
  }

  bindClientDisconnect(client: Socket, callback: (reason: string) => void): void {
    client.once("disconnect", (reason) => callback(reason));
  }

  /** Listens to the messages of a client for one gateway. */
  bindMessageHandlers(
    client: Socket,
    handlers: readonly MessageHandler[],
    // biome-ignore lint/suspicious/noExplicitAny: the parameter of Nest's own type
    transform: (result: any) => Results,
  ): void {
    const calls = this.#callsOf(client);
    for (const { message, callback, isAckHandledManually } of handlers) {
      client.on(message, (...values: unknown[]) => {
        const { data, ack } = this.mapPayload(values.length > 1 ? values : values[0]);
        const call = () => calls.follow(transform(callback(data, ack)), isAckHandledManually ? null : ack);
        if (ack === undefined) return call();
        return handleMessage(client, (exception) => this.answerException(exception, ack), call);
      });
    }
  }

  /**
   * Reads the arguments of an event.
   *
   * @param payload - the only argument, or the list of several, the acknowledgement at the end
   */
  mapPayload(payload: unknown): MessagePayload {
    if (typeof payload === "function") return { data: undefined, ack: payload as () => unknown };
    const last: unknown = Array.isArray(payload) ? payload.at(-1) : undefined;
    if (!Array.isArray(payload) || typeof last !== "function") return { data: payload };
    const values = payload.slice(0, -1);
    return { data: values.length === 1 ? values[0] : values, ack: last as () => unknown };
  }

  /**
   * Answers a message whose handler has failed, where the client waits for the acknowledgement. A class that
   * extends the adapter may answer otherwise, or not at all.
   *
   * @param exception - what Nest's exception filter has sent with the event `exception`
   * @param ack - acknowledges the message
   */
  protected answerException(exception: unknown, ack: NonNullable<MessagePayload["ack"]>): void {
    ack(exception);
  }

  /** Sends a client away that came before the application was ready. */
  closeClient(client: Socket): void {
    client.disconnect(true);
  }

  /** Disconnects the clients of a server and closes it. Namespaces end with theirs. */
  async close(server: Server | Namespace): Promise<void> {
    if (!("roomcast" in server)) return;
    // Nest then closes the server of Node's with all its connections.
    if (this.forceCloseConnections && server.httpServer === this.httpServer) await server.roomcast.stop();
    else await server.close();
  }

  /** Nest calls it last. */
  async dispose(): Promise<void> {}

  #callsOf(client: Socket): ClientCalls {
    let calls = this.#calls.get(client);
    if (calls === undefined) {
      calls = new ClientCalls(client, (error) => this.logger.error(error));
      answerExceptions(client);
      this.#calls.set(client, calls);
    }
    return calls;
  }
}

/** The server of an application. It is not asked for its class, of which there may be several copies. */
function httpServerOf(given: unknown): HttpServer | undefined {
  if (given === undefined || given === null) return undefined;
  const { getUnderlyingHttpServer, listen } = given as Record<string, unknown>;
  if (typeof getUnderlyingHttpServer === "function")
    return Reflect.apply(getUnderlyingHttpServer, given, []) as HttpServer;
  if (typeof listen === "function") return given as HttpServer;
  throw new RoomcastError(
    "ERR_APP",
    `new RoomcastAdapter() takes the application of NestFactory.create(), or a server of node:http or node:https, not ${show(given)}.`,
  );
}
