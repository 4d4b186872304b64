/**
 * Warns when an application is started without Roomcast, as by `app.listen()` alone: clients would get 404.
 */

import type { Log } from "../../base/log/log.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";

/** How long a program may take to start serving before the warning, in ms. */
const patience = 5_000;

/** A warning that comes unless the server serves in time. */
export class AttachWarning {
  readonly #timer: Timer;

  /** @param application - the framework's name */
  constructor(application: string, logger: Log, clock: Clock) {
    this.#timer = clock.after(patience, () =>
      logger.warn(
        `The ${application} application that new SocketIO() was given has not begun to serve clients. Start it with socketio.run(), or hand the server that you start yourself to socketio.attach().`,
        { type: "application not served", application },
      ),
    );
  }

  /** The server serves, or need not. */
  settle(): void {
    this.#timer.cancel();
  }
}
