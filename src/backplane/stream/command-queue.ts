/**
 * What this process asks of the broker in the order in which its handlers asked for it. An event waits here until the
 * channels that this process listens to for it are heard, so that whoever joins a room here gets what is sent to it here.
 */

import { Fifo } from "../../base/fifo.ts";

interface Command {
  readonly channels: readonly string[];
  readonly send: () => void;
}

/** See above. */
export class CommandQueue {
  readonly #confirmed: (channel: string) => Promise<void> | null;
  #commands = new Fifo<Command>();

  /** @param confirmed - what to wait for until a channel is heard; `null` for nothing */
  constructor(confirmed: (channel: string) => Promise<void> | null) {
    this.#confirmed = confirmed;
  }

  /** Sends something after all that was to be sent before, and when some channels are heard. */
  send(channels: readonly string[], send: () => void): void {
    if (this.#commands.length === 0 && this.#waitFor(channels) === null) {
      send();
      return;
    }
    this.#commands.push({ channels, send });
    if (this.#commands.length === 1) void this.#go(this.#commands);
  }

  /** Forgets what was not sent. */
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
