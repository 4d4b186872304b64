/** An event that several clients of this process are to answer. It ends when each has answered or left, or in time. */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { AckListener } from "../model/ack-listener.ts";
import type { EventPacket } from "../packet/event-packet.ts";
import type { Socket } from "../socket/socket.ts";

/** Does something with sockets, in turn with what else is done with them. */
export type InTurn = (sockets: readonly Socket[], act: (socket: Socket) => void) => void;

/** The answers of this process's clients. */
export class BroadcastAck {
  readonly #listener: AckListener;
  /** What stops the waiting for each client that has not answered yet. */
  readonly #waiting = new Map<string, () => void>();
  readonly #timer: Timer;
  #state: "asking" | "waiting" | "ended" = "asking";

  /**
   * Sends the event.
   *
   * @param sockets - the clients, each once
   * @param packet - the event
   * @param timeout - how long to wait for the answers, in ms
   * @param clock - where time comes from
   * @param listener - who asks; it may be told of answers before the constructor returns
   * @param inTurn - does something with each of the clients, at once or when it is their turn
   */
  constructor(
    sockets: readonly Socket[],
    packet: EventPacket,
    timeout: number,
    clock: Clock,
    listener: AckListener,
    inTurn: InTurn = atOnce,
  ) {
    this.#listener = listener;
    // A caller that waits for the answers is to hear of the end. Without a time there is no end to wait for.
    this.#timer = clock.after(timeout, () => this.#expire(), Number.isFinite(timeout));
    for (const { sid } of sockets) this.#waiting.set(sid, nothing);
    inTurn(sockets, (socket) => this.#ask(socket, packet));
    this.#state = "waiting";
    this.#endIfComplete();
  }

  /** Stops waiting; the listener hears nothing more. */
  stop(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#timer.cancel();
    for (const stop of this.#waiting.values()) stop();
    this.#waiting.clear();
  }

  #ask(socket: Socket, packet: EventPacket): void {
    const { sid } = socket;
    // Its time may have run out before its turn came.
    if (!this.#waiting.has(sid)) return;
    const stop = socket.request(packet, {
      onAnswer: (values) => {
        if (!this.#waiting.delete(sid)) return;
        this.#listener.onAnswer(sid, values);
        this.#endIfComplete();
      },
      onGone: () => {
        if (!this.#waiting.delete(sid)) return;
        this.#listener.onFailure(sid, "disconnected");
        this.#endIfComplete();
      },
    });
    if (this.#waiting.has(sid)) this.#waiting.set(sid, stop);
  }

  #expire(): void {
    const silent = [...this.#waiting.keys()];
    this.stop();
    for (const sid of silent) this.#listener.onFailure(sid, "timeout");
    this.#listener.onEnd([]);
  }

  #endIfComplete(): void {
    if (this.#state !== "waiting" || this.#waiting.size > 0) return;
    this.stop();
    this.#listener.onEnd([]);
  }
}

function atOnce(sockets: readonly Socket[], act: (socket: Socket) => void): void {
  for (const socket of sockets) act(socket);
}

function nothing(): void {}
