/** Receivers of packets that behave like connections, but write nowhere. */

import type { Clock } from "../../src/base/time/clock.ts";
import { jsonCodec } from "../../src/core/packet/codec.ts";
import { Socket, type SocketOwner } from "../../src/core/socket/socket.ts";
import type { Batch } from "../../src/engine/outbox/batch.ts";
import { Outbox, type OutboxOwner } from "../../src/engine/outbox/outbox.ts";
import type { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import type { EngineRequest } from "../../src/engine/ports.ts";

/** A clock whose ticks end only when the benchmark says so. */
const stoppedClock: Clock = { now: () => 0, after: () => ({ cancel() {} }), atTickEnd() {} };

/** An outbox that the benchmark flushes. */
export function makeOutbox(): Outbox {
  return new Outbox(stoppedClock);
}

/** The owner of an outbox, in place of a connection. */
export class Receiver implements OutboxOwner {
  readonly isOpen = true;
  readonly #outbox: Outbox;
  #pending: Batch | null = null;
  #scheduled = false;
  /** How many bytes would have been written. */
  written = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Takes a packet. */
  send(packet: OutgoingPacket): boolean {
    this.#pending = this.#outbox.append(this.#pending, packet);
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#outbox.schedule(this);
    }
    return true;
  }

  get bufferedBytes(): number {
    return this.#pending?.size ?? 0;
  }

  flush(): void {
    this.#scheduled = false;
    const frames = this.#pending?.frames ?? "";
    if (typeof frames === "string") this.written += frames.length;
    else for (const frame of frames) this.written += frame.length;
    this.#pending = null;
  }
}

const request: EngineRequest = {
  method: "GET",
  url: "/",
  path: "/",
  query: new URLSearchParams(),
  headers: {},
  address: "127.0.0.1",
  secure: false,
};

/** Accepted sockets that deliver to receivers. */
export function makeSockets(count: number, outbox: Outbox): Socket[] {
  return Array.from({ length: count }, (_, index) => {
    const receiver = new Receiver(outbox);
    const owner: SocketOwner = {
      session: {
        isPrivate: true,
        begin: () => ({ data: {}, end() {} }),
        snapshot: () => null,
        replace() {},
        origin: () => null,
      },
      ends: null,
      request,
      transportName: "websocket",
      roomCount: 0,
      bufferedBytes: 0,
      nextRequestId: () => 1,
      expireAt() {},
      drained: () => Promise.resolve(true),
      maxPendingAcknowledgements: Number.POSITIVE_INFINITY,
      holdWaiting: () => true,
      endWaiting() {},
      onTooManyUnanswered() {},
      number: index,
      isEio3: false,
      codec: jsonCodec,
      connection: receiver,
      refuse: () => {},
      socketIn: () => undefined,
      onSocketClose() {},
      connectedAt: 0,
      closeConnection() {},
      requestReconnect() {},
      abandon() {},
      adopt() {},
      flush() {},
      timed: (_namespace, listener) => listener,
    };
    const socket = new Socket(`socket ${index}`, "/", owner, undefined);
    socket.accept();
    return socket;
  });
}
