/** Exchanges whose answer is told as the end of a traced operation. They change nothing else. */

import type { TracedOperation } from "../../base/tracing/traced-operations.ts";
import type { RequestTrace } from "../../base/tracing/tracing-channels.ts";
import type {
  HeaderFields,
  HttpExchange,
  HttpResponse,
  UpgradeExchange,
  WebSocketLink,
  WebSocketListener,
} from "../ports.ts";

/** One exchange and its operation. */
abstract class TracedExchange<Exchange extends HttpExchange | UpgradeExchange> {
  /** The exchange of the runtime. */
  protected readonly exchange: Exchange;
  readonly #operation: TracedOperation<RequestTrace>;

  /** @param operation - begun, and not run yet */
  constructor(exchange: Exchange, operation: TracedOperation<RequestTrace>) {
    this.exchange = exchange;
    this.#operation = operation;
  }

  get request() {
    return this.exchange.request;
  }

  get raw() {
    return this.exchange.raw;
  }

  get listensOnLoopback() {
    return this.exchange.listensOnLoopback;
  }

  /** Answers the request. */
  run(answer: () => void): void {
    this.#operation.run(answer);
  }

  /** The request opens this connection. */
  connected(connection: number): void {
    this.#operation.context.connection = connection;
  }

  /** The server has failed. */
  fail(error: unknown): void {
    this.#operation.fail(error);
  }

  /**
   * The request has its answer, or needs none.
   *
   * @param status - `null` where the client has gone, or another process answers
   */
  protected settle(status: number | null): void {
    if (status !== null) this.#operation.context.status ??= status;
    this.#operation.settle();
  }
}

/** A traced HTTP request. */
export class TracedHttpExchange extends TracedExchange<HttpExchange> implements HttpExchange {
  readBody(limit: number): Promise<Uint8Array | undefined> {
    return this.exchange.readBody(limit);
  }

  respond(response: HttpResponse): void {
    this.exchange.respond(response);
    this.settle(response.status);
  }

  onEnd(callback: (isTaken: boolean) => void): void {
    this.exchange.onEnd((isTaken) => {
      callback(isTaken);
      // A client that goes away gets no answer.
      if (!isTaken) this.settle(null);
    });
  }

  cut(): void {
    this.exchange.cut();
    this.settle(null);
  }
}

/** A traced request for a WebSocket. */
export class TracedUpgradeExchange extends TracedExchange<UpgradeExchange> implements UpgradeExchange {
  accept(headers: HeaderFields, open: (link: WebSocketLink) => WebSocketListener): void {
    this.exchange.accept(headers, open);
    this.settle(101);
  }

  refuse(response: HttpResponse): void {
    this.exchange.refuse(response);
    this.settle(response.status);
  }

  /** Another process gets the runtime's own exchange, if it takes it. */
  handOver(take: (exchange: UpgradeExchange) => boolean): boolean {
    const isTaken = take(this.exchange);
    if (isTaken) this.settle(null);
    return isTaken;
  }
}

/** Tells the trace of a request, if there is one, which connection the request opens. */
export function traceConnection(exchange: HttpExchange | UpgradeExchange, connection: number): void {
  if (exchange instanceof TracedExchange) exchange.connected(connection);
}

/** Tells the trace of a request, if there is one, that the server has failed. */
export function traceFault(exchange: HttpExchange | UpgradeExchange, error: unknown): void {
  if (exchange instanceof TracedExchange) exchange.fail(error);
}

/** Offers another process the runtime's own exchange; returns whether it is taken. */
export function handOverUpgrade(
  exchange: UpgradeExchange,
  take: (exchange: UpgradeExchange) => boolean,
): boolean {
  return exchange instanceof TracedUpgradeExchange ? exchange.handOver(take) : take(exchange);
}
