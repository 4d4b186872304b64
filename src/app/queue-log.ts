/** Tells the operator how the message queue is: once when that changes, however many messages there are. */

import type { ClusterOwner } from "../backplane/cluster.ts";
import type { Logger } from "./logger.ts";

/** See above. */
export class QueueLog implements ClusterOwner {
  readonly #logger: Logger;
  #isDown = false;

  /** @param logger - where to tell it */
  constructor(logger: Logger) {
    this.#logger = logger;
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

  report(error: unknown): void {
    this.#logger.error("A message to other processes could not be sent", error);
  }

  /** The message queue cannot be used at all. */
  onUnusable(error: unknown): void {
    this.#logger.error("The message queue cannot be used: only clients of this process are reached", error);
  }
}
