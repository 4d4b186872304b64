/** Listeners to events by name. Knows neither sockets nor packets. */

/** A function that hears of an event. */
export type EventListener = (...values: never[]) => unknown;

/** The listeners of one socket. */
export class EventListeners {
  readonly #byName = new Map<string, Set<EventListener>>();

  /** Adds a listener. Returns a function that removes it. */
  add(event: string, listener: EventListener): () => void {
    this.#byName.set(event, (this.#byName.get(event) ?? new Set()).add(listener));
    return () => this.remove(event, listener);
  }

  /** Removes a listener, or all of an event. */
  remove(event: string, listener?: EventListener): void {
    if (!listener) this.#byName.delete(event);
    else this.#byName.get(event)?.delete(listener);
  }

  /** Whether anything listens to an event. */
  has(event: string): boolean {
    return Boolean(this.#byName.get(event)?.size);
  }

  /**
   * Calls the listeners of an event. What one throws is an uncaught error of the program, and the others run.
   *
   * @returns the first result that is not `undefined`
   */
  fire(event: string, ...values: readonly unknown[]): unknown {
    let result: unknown;
    for (const listener of [...(this.#byName.get(event) ?? [])]) {
      try {
        const returned = listener(...(values as never[]));
        result ??= returned;
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return result;
  }
}
