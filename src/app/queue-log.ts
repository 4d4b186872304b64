/** Tells the operator how the message queue is: once when that changes, however many messages there are. */

import type { ForeignOwner } from "../backplane/ignored-messages.ts";
import type { Trace } from "../base/trace.ts";
import type { Counters } from "../engine/counters.ts";
import type { Logger } from "./logger.ts";

/** See above. */
export class QueueLog implements ForeignOwner {
  readonly #logger: Logger;
  readonly #counters: Counters;
  readonly #trace: Trace;
  #isDown = false;
  #hasRefused = false;

  /**
   * @param logger - where to tell it
   * @param hub - where messages are counted that the queue does not take, and told of one by one
   */
  constructor(logger: Logger, { counters, trace }: { readonly counters: Counters; readonly trace: Trace }) {
    this.#logger = logger;
    this.#counters = counters;
    this.#trace = trace;
  }

  onUp(): void {
    if (this.#isDown) {
      this.#logger.info("The message queue is back: clients of other processes are reached again");
    }
    this.#isDown = false;
  }

  onDown(error: unknown): void {
    this.#isDown = true;
    this.#logger.error(
      "The message queue is down: until it is back, only clients of this process are reached",
      error,
    );
  }

  onRefused(error: unknown): void {
    this.#counters.messagesRefused += 1;
    if (this.#trace.active) this.#trace.publish({ type: "message refused", reason: String(error) });
    if (this.#hasRefused) return;
    // A client may bring it about again and again.
    this.#hasRefused = true;
    this.#logger.error(
      "The message queue does not take a message to other processes. The next ones are only counted, in stats().messagesRefused",
      error,
    );
  }

  report(error: unknown): void {
    this.#logger.error("A message to other processes could not be sent", error);
  }

  warn(message: string): void {
    this.#logger.warn(message);
  }

  /** The message queue cannot be used at all. */
  onUnusable(error: unknown): void {
    this.#logger.error("The message queue cannot be used: only clients of this process are reached", error);
  }
}
