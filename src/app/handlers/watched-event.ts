/** An event of which traces or metrics want to know how its handler ends. */

import type { HandledEvent } from "../../context/handler-context.ts";

/** An event that is watched from the start of its handler to its end. */
export abstract class WatchedEvent implements HandledEvent {
  readonly name: string;
  readonly args: readonly unknown[];

  /**
   * @param name - the event's name
   * @param args - its arguments
   */
  constructor(name: string, args: readonly unknown[]) {
    this.name = name;
    this.args = args;
  }

  /** Whether the handler has to run within {@link run}. */
  abstract get isSurrounded(): boolean;

  /** The handling begins. */
  begin(): void {}

  /** Runs the handler. */
  abstract run<Result>(work: () => Result): Result;

  /** The handling has failed. */
  abstract fail(error: unknown): void;

  /** The handler has refused the client or its event. */
  abstract refuse(message: string): void;

  /**
   * The handling is over, and the client has its answer.
   *
   * @param result - the handler's result
   */
  abstract settle(result: unknown): void;
}
