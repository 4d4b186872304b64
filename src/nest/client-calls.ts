/** What the handlers of one client's messages give: sent as answers or events, until the client leaves. */

import type { Socket } from "../compat/index.ts";

/** A handler of a gateway, as Nest hands it to adapters. */
export interface MessageHandler {
  /** The event. */
  message: string;
  /** Runs pipes, guards, interceptors, the method, and the filters for what these throw. */
  // biome-ignore lint/suspicious/noExplicitAny: the parameters of Nest's own type
  callback: (...values: any[]) => unknown;
  /** Whether the method takes the acknowledgement itself, by `@Ack()`. */
  isAckHandledManually: boolean;
}

/** The arguments of an event, as handlers get them. */
export interface MessagePayload {
  /** One argument, or the list of several; `undefined` for none. */
  data: unknown;
  /** Answers the client, where it asked for that. */
  // biome-ignore lint/suspicious/noExplicitAny: the program answers what it likes
  ack?: (...values: any[]) => unknown;
}

/** What a handler gives, one value after the other. Observables of rxjs fit. */
export interface Results {
  subscribe(observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

/** The calls of one client that still run. */
export class ClientCalls {
  readonly #socket: Socket;
  readonly #report: (error: unknown) => void;
  readonly #running = new Set<() => void>();

  /** @param report - gets errors that come after the first result */
  constructor(socket: Socket, report: (error: unknown) => void) {
    this.#socket = socket;
    this.#report = report;
    socket.once("disconnect", () => {
      for (const end of [...this.#running]) end();
    });
  }

  /**
   * Sends each result of a call to the client.
   *
   * @param answer - acknowledges; `null` where the client asked for nothing, or the method answers itself
   * @returns settles with the first result, so that a stream without end keeps no server from closing
   */
  follow(results: Results, answer: MessagePayload["ack"] | null): Promise<void> {
    return new Promise((resolve, reject) => {
      let subscription: { unsubscribe(): void } | null = null;
      let isOver = false;
      let hasResult = false;
      const end = () => {
        isOver = true;
        this.#running.delete(end);
        subscription?.unsubscribe();
        resolve();
      };
      const fail = (error: unknown) => {
        if (hasResult) this.#report(error);
        else reject(error);
        end();
      };
      this.#running.add(end);
      subscription = results.subscribe({
        next: (result) => {
          if (isOver) return;
          try {
            this.#send(result, answer ?? null);
            hasResult = true;
            resolve();
          } catch (error) {
            fail(error);
          }
        },
        error: fail,
        complete: end,
      });
      // All of it came while it was subscribed to.
      if (isOver) subscription.unsubscribe();
    });
  }

  /** As Nest's own adapter does: nothing for `undefined` and `null`, an event for what names one. */
  #send(result: unknown, answer: MessagePayload["ack"] | null): void {
    if (result === undefined || result === null) return;
    const { event, data } = result as { event?: unknown; data?: unknown };
    if (event) this.#socket.emit(event as string, data);
    else answer?.(result);
  }
}
