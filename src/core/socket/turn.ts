/**
 * Something that is done with sockets behind the events that were sent to them before: sending what is not kept, say. Who is
 * meant is settled when it is asked for, whatever room they join or leave until then.
 */

import type { Socket } from "./socket.ts";

/** See above. */
export class Turn {
  readonly #sockets: Set<Socket>;
  readonly #act: (socket: Socket) => void;

  /**
   * @param sockets - with which it is done
   * @param act - what is done with each
   */
  constructor(sockets: Iterable<Socket>, act: (socket: Socket) => void) {
    this.#sockets = new Set(sockets);
    this.#act = act;
  }

  /** Does it now. */
  take(): void {
    for (const socket of this.#sockets) this.takeFor(socket);
  }

  /** Does it now with one socket alone, if it was not done with that before. */
  takeFor(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.#act(socket);
  }
}
