/** An event whose handler is observed. It stands for the event in the handler's context, too. */

import type { OperationOutcome, TracedOperation } from "../../base/tracing/traced-operations.ts";
import { WatchedEvent } from "./watched-event.ts";

/** What can be said of any handler's end. */
interface HandlerOutcome extends OperationOutcome {
  /** The message for the client that a `connect` handler refuses, or the code of a refused event. */
  refusal?: string;
}

/** An event together with the traced operation that handles it. */
export class ObservedEvent extends WatchedEvent {
  readonly #operation: TracedOperation<HandlerOutcome>;

  /**
   * @param name - the event's name
   * @param args - its arguments
   * @param operation - begun, and not run yet
   */
  constructor(name: string, args: readonly unknown[], operation: TracedOperation<HandlerOutcome>) {
    super(name, args);
    this.#operation = operation;
  }

  get isSurrounded(): true {
    return true;
  }

  run<Result>(work: () => Result): Result {
    return this.#operation.run(work);
  }

  /** The handling has failed. */
  fail(error: unknown): void {
    this.#operation.fail(error);
  }

  /** The handler has refused the client or its event. */
  refuse(message: string): void {
    this.#operation.context.refusal = message;
  }

  /**
   * The handling is over, and the client has its answer.
   *
   * @param result - the handler's result, which says no more where the client was refused
   */
  settle(result: unknown): void {
    this.#operation.settle(this.#operation.context.refusal === undefined ? result : undefined);
  }
}
