/** Long polling of one connection: one request that waits, and at most one that sends. */

import type { EnginePacket } from "../protocol/engine-packet.ts";
import { type ClientDialect, decodedOrNothing, sizeOf } from "./client-dialect.ts";
import type { ClientCloseReason } from "./connect-failure.ts";
import { type ClientNetwork, type NetworkAnswer, NetworkError, type RequestQuery } from "./network.ts";

/** Hears what long polling brings. */
export interface ClientPollingOwner {
  readonly dialect: ClientDialect;
  readonly maxPayload: number | null;
  received(packet: EnginePacket): void;
  ended(reason: ClientCloseReason): void;
}

/** Polls until it is paused or ended. */
export class ClientPolling {
  readonly #network: ClientNetwork;
  readonly #query: RequestQuery;
  readonly #owner: ClientPollingOwner;
  readonly #stopped = new AbortController();
  #isPausing = false;
  #poll: Promise<void> = Promise.resolve();
  #sending: Promise<void> = Promise.resolve();
  #waiting: EnginePacket[] = [];

  constructor(network: ClientNetwork, query: RequestQuery, owner: ClientPollingOwner) {
    this.#network = network;
    this.#query = query;
    this.#owner = owner;
  }

  /** Begins to poll. */
  start(): void {
    this.#poll = this.#pollAll();
  }

  /** Sends packets after those before; resolves when the server has taken them. */
  send(packets: readonly EnginePacket[]): Promise<void> {
    this.#waiting.push(...packets);
    this.#sending = this.#sending.then(() => this.#post());
    return this.#sending;
  }

  /** Ends after the requests under way; resolves when no request runs. */
  async pause(): Promise<void> {
    this.#isPausing = true;
    await Promise.all([this.#poll, this.#sending]);
  }

  /** Ends at once. */
  abort(): void {
    this.#stopped.abort();
  }

  async #pollAll(): Promise<void> {
    while (!this.#isPausing && !this.#stopped.signal.aborted) {
      const answer = await this.#request(undefined);
      if (answer === undefined) return;
      // python-socketio ends a connection in this way.
      if (answer.body === "") return this.#end({ type: "server closed" });
      const packets = decodedOrNothing(() => this.#owner.dialect.decodePayload(answer));
      if (packets === undefined) {
        const message = `an answer that is no payload: ${answer.body.slice(0, 80)}`;
        return this.#end({ type: "protocol error", message });
      }
      for (const packet of packets) if (!this.#stopped.signal.aborted) this.#owner.received(packet);
    }
  }

  /** Sends what waits, in as few requests as the server's limit allows. */
  async #post(): Promise<void> {
    const { dialect, maxPayload } = this.#owner;
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      const items: string[] = [];
      let length = 0;
      for (const packet of this.#waiting) {
        const item = dialect.encodeItem(packet);
        length += sizeOf(item) + 1;
        if (items.length > 0 && maxPayload !== null && length > maxPayload) break;
        items.push(item);
      }
      this.#waiting = this.#waiting.slice(items.length);
      await this.#request(dialect.joinItems(items));
    }
  }

  /** A successful answer. Anything else ends the connection. */
  async #request(body: string | undefined): Promise<NetworkAnswer | undefined> {
    try {
      const answer = await this.#network.request(this.#query, body, this.#stopped.signal);
      if (answer.status === 200) return answer;
      this.#end({ type: "request refused", answer });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      this.#end({ type: "transport error", error });
    }
    return undefined;
  }

  #end(reason: ClientCloseReason): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#owner.ended(reason);
  }
}
