/**
 * The channels of the clients that are connected to one node: the node holds them, and notes up to which
 * offset it knows the events of each client.
 */

import type { RecoverySession } from "../../core/recovery/recovery-log.ts";
import type { StreamChannels } from "../stream/stream-channels.ts";
import type { SessionState } from "./session-state.ts";

/** The port that the channels of clients need of their stream. */
export interface SessionChannelsStream {
  readonly channels: StreamChannels;
  /** The latest offset that was delivered or skipped here. */
  readonly offset: number;
}

/** Holds and releases the channels of clients. */
export class SessionChannels {
  readonly #stream: SessionChannelsStream;

  /** @param stream - the events of the namespace */
  constructor(stream: SessionChannelsStream) {
    this.#stream = stream;
  }

  /** The channels on which events for a client come. */
  of({ where }: SessionState<RecoverySession>): string[] {
    const { everyone } = this.#stream.channels;
    return [everyone, ...[where.sid, ...where.rooms].map((room) => this.#stream.channels.room(room))];
  }

  /** Holds all channels of a client. */
  listen(client: SessionState<RecoverySession>): void {
    if (client.isHere) return;
    client.isHere = true;
    for (const room of [client.where.sid, ...client.where.rooms]) {
      this.#stream.channels.hold(this.#stream.channels.room(room));
    }
  }

  /** Releases the channels of a client. Later events do not count as known. */
  unlisten(client: SessionState<RecoverySession>): void {
    if (!client.isHere) return;
    this.look(client);
    client.isHere = false;
    for (const room of [client.where.sid, ...client.where.rooms]) {
      this.#stream.channels.release(this.#stream.channels.room(room));
    }
  }

  /** Waits until the subscriptions to all channels of a client are confirmed. */
  async confirmed(client: SessionState<RecoverySession>): Promise<void> {
    for (;;) {
      const waits = this.of(client).map((channel) => this.#stream.channels.confirmed(channel));
      const open = waits.filter((wait) => wait !== null);
      if (open.length === 0 || !client.isHere) return;
      await Promise.all(open);
    }
  }

  /** Updates the known offsets of a client that is here. */
  look(client: SessionState<RecoverySession>): void {
    if (!client.isHere) return;
    const { where } = client;
    for (const channel of this.of(client)) {
      where.last = Math.max(where.last, this.#stream.channels.latestOf(channel));
    }
    client.through = Math.max(client.through, this.#stream.offset);
  }
}
