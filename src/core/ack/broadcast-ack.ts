/**
 * One event with acknowledgements, sent to several clients of this process.
 *
 * It ends when each client has answered or left, or at the timeout.
 */

import type { Clock, Timer } from "../../base/time/clock.ts";
import type { AckListener } from "../model/ack-listener.ts";
import type { EventPacket } from "../packet/event-packet.ts";
import type { Socket } from "../socket/socket.ts";

/** Acts on each socket, at once or when earlier actions on it are done. */
export type InTurn = (sockets: readonly Socket[], act: (socket: Socket) => void) => void;

/** When the clients are asked, and for how long their answers are awaited. */
export interface AckSchedule {
  readonly clock: Clock;
  /** How long to wait for answers, in ms. */
  readonly timeout: number;
  /** Acts on each client, at once or when it is the client's turn; by default at once. */
  readonly inTurn?: InTurn;
}

/** The acknowledgements of this process's clients. */
export class BroadcastAck {
  readonly #listener: AckListener;
  /** For each client that has not answered, a function that stops waiting for it. */
  readonly #waiting = new Map<string, () => void>();
  readonly #timer: Timer;
  #state: "asking" | "waiting" | "ended" = "asking";

  /**
   * Sends the event.
   *
   * @param sockets - the clients, each once
   * @param packet - the event
   * @param listener - gets the answers, the first of them maybe before the constructor returns
   * @param schedule - when to ask, and how long to wait
   */
  constructor(
    sockets: readonly Socket[],
    packet: EventPacket,
    listener: AckListener,
    { clock, timeout, inTurn = atOnce }: AckSchedule,
  ) {
    this.#listener = listener;
    // The timer keeps the process alive, since a caller waits for the end. An infinite timeout has no end.
    this.#timer = clock.after(timeout, () => this.#expire(), Number.isFinite(timeout));
    for (const { sid } of sockets) this.#waiting.set(sid, nothing);
    inTurn(sockets, (socket) => this.#ask(socket, packet));
    this.#state = "waiting";
    this.#endIfComplete();
  }

  /** Stops waiting. The listener is not called any more. */
  stop(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#timer.cancel();
    for (const stop of this.#waiting.values()) stop();
    this.#waiting.clear();
  }

  #ask(socket: Socket, packet: EventPacket): void {
    const { sid } = socket;
    // The timeout may come before the client's turn.
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
