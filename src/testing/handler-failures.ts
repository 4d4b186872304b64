/** Errors of handlers for events of test clients, which throw them so that no test misses one. */

import type { EngineRequest } from "../engine/ports.ts";

/** A test client that throws the errors of its handlers. */
export interface WatchedClient {
  /** The number of its methods that a test awaits. */
  waiting: number;
}

/** A failure, and the client whose event was handled. */
interface HandlerFailure {
  readonly client: WatchedClient;
  readonly error: unknown;
}

/** The failures of one server that no test client has thrown yet. */
export class HandlerFailures {
  /** By the query of the client's request: a trusted proxy may replace the request, but not its query. */
  readonly #clients = new WeakMap<URLSearchParams, WatchedClient>();
  #failures: HandlerFailure[] = [];

  /** From now on failures of the client that sends this request are kept for it. */
  watch(request: EngineRequest): WatchedClient {
    const client = { waiting: 0 };
    this.#clients.set(request.query, client);
    return client;
  }

  /** Whether failures of the client that sent this request are kept. */
  isWatched(request: EngineRequest): boolean {
    return this.#clients.has(request.query);
  }

  /** Keeps a failure, if it is one of a test client. */
  add(request: EngineRequest, error: unknown): void {
    const client = this.#clients.get(request.query);
    if (client !== undefined) this.#failures.push({ client, error });
  }

  /**
   * Takes out the failures that a client has to throw: its own, and those of clients that no test awaits.
   *
   * @throws the failure, or an `AggregateError` of several
   */
  rethrow(client: WatchedClient): void {
    const isFor = (failure: HandlerFailure) => failure.client === client || failure.client.waiting === 0;
    const errors = this.#failures.filter(isFor).map(({ error }) => error);
    if (errors.length === 0) return;
    this.#failures = this.#failures.filter((failure) => !isFor(failure));
    if (errors.length === 1) throw errors[0];
    throw new AggregateError(errors, `${errors.length} failures on the server`);
  }
}
