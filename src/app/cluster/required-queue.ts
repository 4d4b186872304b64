/** A message queue without which the server is not to serve: waits for it, in bounded time. */

import type { QueueHealth } from "../../backplane/bus/queue-health.ts";
import { RoomcastError } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";

/** See the head of this file. */
export class RequiredQueue {
  readonly #health: QueueHealth;
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #isCancelled = false;

  /**
   * @param health - the state of the queue
   * @param options - `timeout`: how long to wait for it, in ms
   * @param clock - the source of time
   */
  constructor(health: QueueHealth, { timeout }: { readonly timeout: number }, clock: Clock) {
    this.#health = health;
    this.#timeout = timeout;
    this.#clock = clock;
  }

  /**
   * Resolves when the queue is up, or will never be. Keeps the process alive until then.
   *
   * @throws {@link RoomcastError} `ERR_MESSAGE_QUEUE` when it does not come in time, `ERR_STATE` when the
   *   wait is cancelled
   */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        timer.cancel();
        this.#cancels.delete(cancel);
        settle();
      };
      const timer = this.#clock.after(this.#timeout, () => end(() => reject(this.#absent())), true);
      const cancel = () =>
        end(() =>
          reject(
            new RoomcastError("ERR_STATE", "The server was stopped while it waited for its message queue."),
          ),
        );
      if (this.#isCancelled) cancel();
      else this.#cancels.add(cancel);
      void this.#health.settled().then(() => end(resolve));
    });
  }

  /** Ends all waits, and later ones at once: the server stops. */
  cancel(): void {
    this.#isCancelled = true;
    for (const cancel of [...this.#cancels]) cancel();
  }

  #absent(): RoomcastError {
    const why = this.#health.error?.message ?? "it did not answer";
    return new RoomcastError(
      "ERR_MESSAGE_QUEUE",
      `${this.#health.broker} is required, and was not there within ${this.#timeout} ms: ${why.replace(/\.$/, "")}. ` +
        'Start it, or check the address in the option "messageQueue". Without queueRequired, the server starts in any case, and connects as soon as it can.',
    );
  }
}
