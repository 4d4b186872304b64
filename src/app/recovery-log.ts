/** Tells the operator whether clients come back to any process: once when that changes. */

import type { ClusterOwner } from "../backplane/cluster.ts";
import type { Logger } from "./logger.ts";

/** See above. */
export class RecoveryLog implements ClusterOwner {
  readonly #logger: Logger;

  /** @param logger - where to tell it */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onUp(): void {
    this.#logger.info("Recovery is back: who comes from now on can come back to any process");
  }

  onDown(error: unknown): void {
    this.#logger.error(
      "Recovery is off until the message queue is back: who loses the connection begins anew",
      error,
    );
  }

  report(error: unknown): void {
    this.#logger.error("Recovery failed", error);
  }
}
