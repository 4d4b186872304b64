/**
 * An action on sockets after the events that were sent to them before, such as sending an event that is not
 * kept.
 *
 * The sockets are chosen when the action is requested, whatever rooms they join or leave until it runs.
 */

import type { Socket } from "./socket.ts";

/** An action on sockets that waits for its turn. */
export class Turn {
  readonly #sockets: Set<Socket>;
  readonly #act: (socket: Socket) => void;

  /**
   * @param sockets - the sockets
   * @param act - runs for each of them
   */
  constructor(sockets: Iterable<Socket>, act: (socket: Socket) => void) {
    this.#sockets = new Set(sockets);
    this.#act = act;
  }

  /** Runs the action. */
  take(): void {
    for (const socket of this.#sockets) this.takeFor(socket);
  }

  /** Runs the action for one socket now, unless it has run for it before. */
  takeFor(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.#act(socket);
  }
}
