/**
 * What a program that only emits could not send: the log tells of it, and so does the exit code of a program that ends by
 * itself. One that awaits `stop()` has it from there.
 */

import { type EmitterBusOwner, patience } from "../../backplane/bus/emitter-bus.ts";
import type { Logger } from "../../base/logger.ts";

/** The part of a process that is needed here. */
export interface EndingProcess {
  exitCode?: number | string | null | undefined;
  once(event: "beforeExit", listener: () => void): unknown;
  off(event: "beforeExit", listener: () => void): unknown;
}

/** See the head of this file. */
export class EmitterLosses implements EmitterBusOwner {
  readonly #logger: Logger;
  readonly #process: EndingProcess;

  /**
   * @param logger - where to tell of losses
   * @param process - whose exit code tells of them, too
   */
  constructor(logger: Logger, process: EndingProcess) {
    this.#logger = logger;
    this.#process = process;
  }

  onLost(count: number, error: unknown): void {
    const what = count === 1 ? "A message" : `${count} messages`;
    this.#logger.error(
      `${what} did not reach the message queue, or not for certain, and nothing sends it again. A program that only emits waits ${patience / 1000} s for the message queue.`,
      error ?? undefined,
    );
    this.forget();
    this.#process.once("beforeExit", this.#onExit);
  }

  /** The program is told in another way. */
  forget(): void {
    this.#process.off("beforeExit", this.#onExit);
  }

  readonly #onExit = () => {
    this.#process.exitCode ??= 1;
  };
}
