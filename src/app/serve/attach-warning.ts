/** Tells whoever starts the application without Roomcast, as with `app.listen()` alone: clients would get nothing but 404. */

import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";

/** How long a program may take to start serving before it is reminded, in ms. */
const patience = 5_000;

/** Waits for a server to be asked to serve. */
export class AttachWarning {
  readonly #timer: Timer;

  /** @param application - what the application is called */
  constructor(application: string, logger: Logger, clock: Clock) {
    this.#timer = clock.after(patience, () =>
      logger.warn(
        `The ${application} application that new SocketIO() was given has not begun to serve clients. Start it with socketio.run(), or hand the server that you start yourself to socketio.attach().`,
      ),
    );
  }

  /** It serves, or is not meant to. */
  settle(): void {
    this.#timer.cancel();
  }
}
