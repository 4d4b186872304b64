/** The clients of the soak, in their own process. Schedules their actions, and keeps the ledger. */

import { randomBytes } from "node:crypto";
import { type Bookkeeper, type Manner, SoakClient } from "./soak-client.ts";
import type { ClientReport, FromClients, Population, ToClients } from "./soak-messages.ts";

/** The duration of a round, in which every client acts once, and of its steps; in ms. */
const roundTime = 5000;
const stepTime = 50;
/** How many handshakes run at once. */
const handshakesAtOnce = 50;
/** How long an answer may be due before it counts as lost, in ms. */
const answerTime = 200_000;
/** The shortest and longest stay of temporary clients, in ms. */
const [shortestStay, longestStay] = [3000, 20_000] as const;
const roomSize = 10;

class Soak implements Bookkeeper {
  readonly #port: number;
  readonly #population: Population;
  readonly #clients: SoakClient[] = [];
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #step = 0;
  #isSlow = false;
  /** Whether all clients have been connected. Earlier messages would not reach every client. */
  #hasBegun = false;
  #isFinishing = false;
  #latencies: number[] = [];
  readonly #counts = {
    ...{ asked: 0, answered: 0, said: 0, heard: 0, ticks: 0, connects: 0, leaves: 0, cuts: 0, garbage: 0 },
    ...{ slowEnds: 0, errorCount: 0 },
  };
  readonly #errors: string[] = [];
  #onAllConnected: (() => void) | null = null;

  constructor(port: number, population: Population) {
    this.#port = port;
    this.#population = population;
  }

  /** Connects all clients; resolves when all are connected. */
  connect(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAllConnected = resolve;
      for (let number = 0; number < this.#population.connections; number += 1) this.#open(number, 1);
      setInterval(() => this.#act(), stepTime);
    });
  }

  slowDown(): void {
    this.#isSlow = true;
    for (const client of this.#clients) if (client.manner === "slow") client.stopReading();
  }

  finish(): void {
    this.#isFinishing = true;
  }

  report(): ClientReport {
    if (this.#isFinishing) this.#settle();
    const sorted = this.#latencies.sort((a, b) => a - b);
    this.#latencies = [];
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      connected: this.#clients.filter((client) => client?.isConnected).length,
      latency: { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 },
      ledger: { ...this.#counts, errors: this.#errors },
    };
  }

  onConnect(client: SoakClient): void {
    this.#counts.connects += 1;
    this.#release();
    if (client.manner === "churning" || client.manner === "cut" || client.manner === "garbage") {
      client.leavesAt = performance.now() + shortestStay + Math.random() * (longestStay - shortestStay);
    }
    if (client.manner === "slow" && this.#isSlow) client.stopReading();
    if (this.#hasBegun || this.#counts.connects < this.#population.connections) return;
    this.#hasBegun = true;
    this.#onAllConnected?.();
  }

  onEnd(client: SoakClient, wanted: boolean): void {
    if (!client.wasAccepted) this.#release();
    if (client.manner === "slow" && this.#isSlow) this.#counts.slowEnds += 1;
    else if (!wanted) this.error(client, "lost its connection");
    if (!this.#isFinishing) this.#open(client.number, client.life + 1);
  }

  onAnswer(client: SoakClient, milliseconds: number): void {
    this.#counts.answered += 1;
    if (client.manner === "steady") this.#latencies.push(milliseconds);
  }

  onTick(): void {
    this.#counts.ticks += 1;
  }

  onHeard(): void {
    this.#counts.heard += 1;
  }

  error(client: SoakClient, what: string): void {
    this.#counts.errorCount += 1;
    if (this.#errors.length < 20) this.#errors.push(`client ${client.number} (${client.manner}): ${what}`);
  }

  #open(number: number, life: number): void {
    const start = () => {
      this.#underWay += 1;
      const room = Math.floor(number / roomSize);
      this.#clients[number] = new SoakClient(this.#port, number, life, room, this.#mannerOf(number), this);
    };
    if (this.#underWay < handshakesAtOnce) start();
    else this.#waiting.push(start);
  }

  #release(): void {
    this.#underWay -= 1;
    this.#waiting.shift()?.();
  }

  #mannerOf(number: number): Manner {
    const { connections, slowReaders, churning, cut, garbage } = this.#population;
    if (number >= connections - slowReaders) return "slow";
    // Spread over the rooms.
    const part = (number * 37) % 100;
    if (part < churning) return "churning";
    if (part < churning + cut) return "cut";
    return part < churning + cut + garbage ? "garbage" : "steady";
  }

  /** Lets a part of the clients act. */
  #act(): void {
    if (!this.#hasBegun) return;
    const steps = roundTime / stepTime;
    this.#step += 1;
    const now = performance.now();
    for (let number = this.#step % steps; number < this.#clients.length; number += steps) {
      const client = this.#clients[number];
      if (client === undefined || !client.isConnected) continue;
      if (client.manner === "slow" && this.#isSlow) {
        client.pong();
        continue;
      }
      if (client.isOwed(answerTime)) this.error(client, `had no answer for ${answerTime} ms`);
      if (now > client.leavesAt) this.#leave(client);
      else if (!this.#isFinishing) this.#speak(client, Math.floor(this.#step / steps));
    }
  }

  #speak(client: SoakClient, round: number): void {
    if (client.ask()) this.#counts.asked += 1;
    if ((round + client.number) % 4 !== 0) return;
    client.say();
    this.#counts.said += 1;
  }

  #leave(client: SoakClient): void {
    if (client.manner === "churning") {
      client.leave();
      this.#counts.leaves += 1;
    } else if (client.manner === "cut") {
      client.cut();
      this.#counts.cuts += 1;
    } else {
      client.sendGarbage(randomBytes(1 + (client.life % 300)));
      this.#counts.garbage += 1;
      // It has not read the disconnect request: some clients never do.
      setTimeout(() => client.cut(), 1000).unref();
    }
  }

  /** Checks that each remaining client has every answer, and the last message of each other one. */
  #settle(): void {
    for (const client of this.#clients) {
      if (client.manner !== "steady") continue;
      if (client.isOwed(0)) this.error(client, "had no answer at the end");
      const first = client.room * roomSize;
      for (const other of this.#clients.slice(first, first + roomSize)) {
        if (other.manner !== "steady" || client.lastHeardOf(other) === other.said) continue;
        this.error(client, `heard ${client.lastHeardOf(other)} of ${other.said} messages of ${other.number}`);
      }
    }
  }
}

let soak: Soak | null = null;

process.on("message", async (message: ToClients) => {
  switch (message.type) {
    case "connect":
      soak = new Soak(message.port, message.population);
      await soak.connect();
      tell({ type: "connected" });
      break;
    case "slow down":
      soak?.slowDown();
      break;
    case "finish":
      soak?.finish();
      break;
    case "report":
      if (soak !== null) tell({ type: "report", ...soak.report() });
      break;
    default:
      message satisfies never;
  }
});
process.on("disconnect", () => process.exit());

function tell(message: FromClients): void {
  process.send?.(message);
}
