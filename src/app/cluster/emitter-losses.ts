/**
 * Reports messages that a program could not send which only emits: in the log, and in the exit code where the
 * program ends by itself. A program that awaits `stop()` gets the error there.
 */

import { type EmitterBusOwner, patience } from "../../backplane/bus/emitter-bus.ts";
import type { QueueHealth } from "../../backplane/bus/queue-health.ts";
import type { Log } from "../../base/log/log.ts";

/** The part of a process that is needed here. */
export interface EndingProcess {
  exitCode?: number | string | null | undefined;
  once(event: "beforeExit", listener: () => void): unknown;
  off(event: "beforeExit", listener: () => void): unknown;
}

/** Reports lost messages. */
export class EmitterLosses implements EmitterBusOwner {
  readonly #logger: Log;
  readonly #process: EndingProcess;
  readonly #health: QueueHealth;

  /**
   * @param logger - where to write
   * @param process - gets the exit code
   * @param health - counts dropped messages
   */
  constructor(logger: Log, process: EndingProcess, health: QueueHealth) {
    this.#logger = logger;
    this.#process = process;
    this.#health = health;
  }

  onDropped(count: number): void {
    this.#health.onDropped(count);
  }

  onUnconfirmed(count: number): void {
    this.#health.onUnconfirmed(count);
  }

  onLost(count: number, error: unknown): void {
    const what = count === 1 ? "A message" : `${count} messages`;
    this.#logger.error(
      `${what} did not reach the message queue, or not for certain, and nothing sends it again. A program that only emits waits ${patience / 1000} s for the message queue.`,
      {
        type: "messages lost",
        messages: count,
        ...(error !== null && error !== undefined && { err: error }),
      },
    );
    this.forget();
    this.#process.once("beforeExit", this.#onExit);
  }

  /** The program has another way to know. */
  forget(): void {
    this.#process.off("beforeExit", this.#onExit);
  }

  readonly #onExit = () => {
    this.#process.exitCode ??= 1;
  };
}
