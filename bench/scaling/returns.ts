/**
 * Measures the return of clients that all lost their connections at once.
 * Gives their rate and cost; each client has missed events.
 */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ReturnRun } from "../compare/results.ts";
import type { Fleet } from "./fleet.ts";

/** Over how many rooms the clients are spread. */
const rooms = 32;
/** How many clients return at once. */
const atOnce = 64;
/** How long one client may take to return and get everything, in ms. */
const patience = 20_000;
const payload = "x".repeat(100);

/** A minimal client that knows only the packets it gets. */
class ReturningClient {
  readonly #room: string;
  #socket: WebSocket | null = null;
  #pid = "";
  #offset = "";
  #received = 0;
  #told: (() => void) | null = null;
  /** Whether its session was recovered. */
  recovered = false;

  constructor(number: number) {
    this.#room = `room ${number % rooms}`;
  }

  /** Connects, joins its room and waits for its first event. */
  async begin(port: number): Promise<void> {
    await this.#connect(port, "40");
    this.#say("join", this.#room);
    this.#say("room", this.#room, payload);
    await this.#until(() => this.#offset !== "");
  }

  /** Loses its connection. */
  async cut(): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return;
    const closed = once(socket, "close");
    socket.terminate();
    await closed;
  }

  /** Reconnects, and waits for this many missed events. */
  async comeBack(port: number, missed: number): Promise<void> {
    const { pid } = { pid: this.#pid };
    this.#received = 0;
    await this.#connect(port, `40${JSON.stringify({ pid, offset: this.#offset })}`);
    this.recovered = this.#pid === pid;
    await this.#until(() => this.#received >= missed || !this.recovered);
  }

  say(room: number): void {
    this.#say("room", `room ${room}`, payload);
  }

  #say(...values: string[]): void {
    this.#socket?.send(`42${JSON.stringify(values)}`);
  }

  async #connect(port: number, hello: string): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    this.#socket = socket;
    let isIn = false;
    socket.on("error", () => {});
    socket.on("message", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      if (text[0] === "0") socket.send(hello);
      else if (text[0] === "2") socket.send("3");
      else if (text.startsWith("40")) {
        this.#pid = (JSON.parse(text.slice(2)) as { pid: string }).pid;
        isIn = true;
      } else if (text.startsWith("42")) {
        const values = JSON.parse(text.slice(2)) as string[];
        if (values[0] === "room") {
          this.#received += 1;
          this.#offset = values.at(-1) ?? "";
        }
      }
      this.#told?.();
    });
    await this.#until(() => isIn);
  }

  #until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("a client waited in vain")), patience);
      this.#told = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.#told = null;
        resolve();
      };
    });
  }
}

/**
 * Cuts all clients of the first process, sends events to their rooms, and reconnects them to the last
 * process. All of that happens twice, and the second time is measured: a process that has never seen a client
 * return pays for its compilers, too.
 *
 * @param fleet - a fleet with recovery
 * @param count - how many clients
 * @param missed - how many events each client misses
 * @throws Error when a client is not recovered, or an event is missing
 */
export async function measureReturns(
  fleet: Fleet,
  count: number,
  missed: number,
): Promise<Omit<ReturnRun, "server" | "round">> {
  await returnOnce(fleet, count, missed);
  return await returnOnce(fleet, count, missed);
}

async function returnOnce(
  fleet: Fleet,
  count: number,
  missed: number,
): Promise<Omit<ReturnRun, "server" | "round">> {
  const [first = 0] = fleet.ports;
  const last = fleet.ports.at(-1) ?? first;
  const clients = Array.from({ length: count }, (_, number) => new ReturningClient(number));
  const sender = new ReturningClient(0);
  try {
    await sender.begin(last);
    await inGroups(clients, (client) => client.begin(first));
    await Promise.all(clients.map((client) => client.cut()));
    for (let round = 0; round < missed; round += 1) {
      for (let room = 0; room < rooms; room += 1) sender.say(room);
      await sleep(5);
    }
    await sleep(500);
    const before = fleet.read();
    const startedAt = performance.now();
    await inGroups(clients, (client) => client.comeBack(last, missed));
    const seconds = (performance.now() - startedAt) / 1000;
    const { servers, broker } = fleet.usedSince(before);
    const lost = clients.filter(({ recovered }) => !recovered).length;
    if (lost > 0) throw new Error(`${lost} of ${count} clients were not recovered`);
    const cpu = { servers: servers.reduce((sum, each) => sum + each, 0), broker };
    return { processes: fleet.ports.length, clients: count, missed, seconds, cpu };
  } finally {
    await Promise.all([sender, ...clients].map((client) => client.cut()));
  }
}

/** Runs this many at a time: when one is done, the next begins. */
async function inGroups<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
