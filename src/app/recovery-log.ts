/** Tells the operator whether clients come back to any process: once when that changes. */

import type { BrokerRecoveryOwner } from "../backplane/broker-recovery.ts";
import type { UnnumberedEvent } from "../backplane/numbered-event.ts";
import type { Hub } from "../core/hub.ts";
import type { Logger } from "./logger.ts";

/** See above. */
export class RecoveryLog implements BrokerRecoveryOwner {
  readonly #logger: Logger;
  readonly #hub: Hub;

  /**
   * @param logger - where to tell it
   * @param hub - where clients come back to this process where they cannot come back to any
   */
  constructor(logger: Logger, hub: Hub) {
    this.#logger = logger;
    this.#hub = hub;
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

  onUnusable(error: unknown, events: Iterable<UnnumberedEvent>): void {
    this.#logger.error("Recovery works within this process only", error);
    this.#hub.shareRecovery(null);
    for (const { target, event, compress } of events) this.#hub.emitAgain(target, event, { compress });
  }

  report(error: unknown): void {
    this.#logger.error("Recovery failed", error);
  }
}
