/**
 * Many stock clients: half of them only poll, the others upgrade to a WebSocket.
 * They ask for answers, and send events to rooms of ten. The ledger records every missing answer and every
 * fault.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";

/** How many clients share a room. */
const roomSize = 10;
/** How many clients connect at once, and how long until the next ones do, in ms. */
const batch = { size: 10, pause: 50 };
/** How often each client asks, in ms. */
const askEvery = 2000;
/** After this many questions a client sends an event to its room. */
const speakEvery = 4;
/** How long an answer may take, in ms. */
const answerTimeout = 15_000;

/** The result of a run. */
export interface Ledger {
  /** Questions that were answered correctly. */
  answered: number;
  /** Room messages that were received, and those that should have been. */
  heard: number;
  toHear: number;
  /** How many clients each process served. */
  readonly processes: Record<string, number>;
  /** How many clients ended on each transport. */
  readonly transports: Record<string, number>;
  /** The faults; the list has no limit. */
  readonly faults: string[];
}

/** The clients. */
export class BalancedClients {
  readonly ledger: Ledger = { answered: 0, heard: 0, toHear: 0, processes: {}, transports: {}, faults: [] };
  readonly #url: string;
  readonly #count: number;
  readonly #sockets: Socket[] = [];
  #isOver = false;

  constructor(url: string, count: number) {
    this.#url = url;
    this.#count = count;
  }

  /**
   * Connects all clients, keeps them busy for a time after the last has connected, and waits for the last
   * answers.
   */
  async run(seconds: number): Promise<void> {
    for (let number = 0; number < this.#count; number += 1) {
      this.#open(number);
      if (number % batch.size === batch.size - 1) await sleep(batch.pause);
    }
    for (const pid of await Promise.all(
      this.#sockets.map((socket, number) => this.#ask(socket, number, "join", roomOf(number))),
    ))
      count(this.ledger.processes, String(pid));
    const end = performance.now() + seconds * 1000;
    await Promise.all(this.#sockets.map((socket, number) => this.#work(socket, number, end)));
    await this.#heardAll();
    for (const socket of this.#sockets) count(this.ledger.transports, socket.io.engine.transport.name);
  }

  /** Disconnects all clients. */
  leave(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.disconnect();
  }

  #open(number: number): void {
    const socket = io(this.#url, {
      transports: number % 2 === 0 ? ["polling"] : ["polling", "websocket"],
      forceNew: true,
      reconnection: false,
    });
    const fault = (what: string) => {
      if (!this.#isOver) this.ledger.faults.push(`client ${number}: ${what}`);
    };
    socket.on("disconnect", (reason) => fault(`disconnected: ${reason}`));
    socket.on("connect_error", (error) => fault(`could not connect: ${error.message}`));
    socket.on("said", () => {
      this.ledger.heard += 1;
    });
    this.#sockets.push(socket);
  }

  async #work(socket: Socket, number: number, end: number): Promise<void> {
    // Spread over the time between two questions.
    await sleep((askEvery * number) / this.#count);
    for (let turn = 0; performance.now() < end; turn += 1) {
      const asked = performance.now();
      if (turn % speakEvery === 0) {
        this.ledger.toHear += membersOf(number, this.#count);
        socket.emit("say", roomOf(number), "hello");
      }
      await this.#ask(socket, number, "echo", `${number} ${turn}`);
      await sleep(Math.max(0, askEvery - (performance.now() - asked)));
    }
  }

  async #ask(socket: Socket, number: number, event: "join" | "echo", value: string): Promise<unknown> {
    try {
      const answer: unknown = await socket.timeout(answerTimeout).emitWithAck(event, value);
      if (event === "echo" && answer !== value) throw new Error(`${JSON.stringify(answer)} came instead`);
      this.ledger.answered += 1;
      return answer;
    } catch (error) {
      this.ledger.faults.push(`client ${number}, ${event} ${value}: ${(error as Error).message}`);
      return null;
    }
  }

  async #heardAll(): Promise<void> {
    const end = performance.now() + answerTimeout;
    while (this.ledger.heard < this.ledger.toHear && performance.now() < end) await sleep(20);
    if (this.ledger.heard !== this.ledger.toHear) {
      this.ledger.faults.push(`${this.ledger.heard} messages arrived instead of ${this.ledger.toHear}`);
    }
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function roomOf(number: number): string {
  return `room ${Math.floor(number / roomSize)}`;
}

function membersOf(number: number, count: number): number {
  const first = Math.floor(number / roomSize) * roomSize;
  return Math.min(roomSize, count - first);
}
