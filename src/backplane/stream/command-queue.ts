/**
 * Commands to the broker, in the order in which handlers give them. An event waits until this node's
 * subscriptions to its channels are confirmed, so that a client that has just joined a room here receives
 * events for it.
 */

import { Fifo } from "../../base/queue/fifo.ts";

interface Command {
  readonly channels: readonly string[];
  readonly send: () => void;
}

/** Sends commands in order, each when its channels are confirmed. */
export class CommandQueue {
  readonly #confirmed: (channel: string) => Promise<void> | null;
  #commands = new Fifo<Command>();

  /**
   * @param confirmed - resolves when the subscription to a channel is confirmed; `null` when it already is
   */
  constructor(confirmed: (channel: string) => Promise<void> | null) {
    this.#confirmed = confirmed;
  }

  /** Sends a command behind all earlier ones, once its channels are confirmed. */
  send(channels: readonly string[], send: () => void): void {
    if (this.#commands.length === 0 && this.#waitFor(channels) === null) {
      send();
      return;
    }
    this.#commands.push({ channels, send });
    if (this.#commands.length === 1) void this.#go(this.#commands);
  }

  /** Drops the commands that were not sent. */
  clear(): void {
    this.#commands = new Fifo();
  }

  async #go(commands: Fifo<Command>): Promise<void> {
    for (let next = commands.at(0); next !== undefined && commands === this.#commands; ) {
      const wait = this.#waitFor(next.channels);
      if (wait !== null) {
        await wait;
        continue;
      }
      commands.shift();
      next.send();
      next = commands.at(0);
    }
  }

  #waitFor(channels: readonly string[]): Promise<void> | null {
    for (const channel of channels) {
      const wait = this.#confirmed(channel);
      if (wait !== null) return wait;
    }
    return null;
  }
}
