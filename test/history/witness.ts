/** A stock client that logs everything it sees and does. */

import { io, type Socket } from "socket.io-client";
import { type Interruption, TcpProxy } from "../support/tcp-proxy.ts";
import type { Said } from "./control.ts";
import type { Account, Entry, Origin } from "./history.ts";

/** How long the server may take to confirm something, in ms. */
const answerTimeout = 4000;

/** How to set up a client. */
export interface WitnessSettings {
  readonly client: string;
  readonly namespace: string;
  readonly transport: "websocket" | "polling" | "upgrade";
  /** The port of any process, for the next connection. */
  readonly nextPort: () => number;
}

const transports = {
  websocket: ["websocket"],
  polling: ["polling"],
  upgrade: ["polling", "websocket"],
} as const;

/** A stock client that logs everything it sees and does. */
export class Witness implements Account {
  readonly client: string;
  readonly namespace: string;
  readonly transport: string;
  readonly entries: Entry[] = [];
  /** The rooms that it wants to be in. */
  readonly rooms = new Set<string>();
  /** The rooms whose join the server has confirmed. */
  readonly #inside = new Set<string>();
  /** The rooms for which the answer of the server is missing. */
  readonly #unsure = new Set<string>();
  /** How often it has asked to join or to leave each room. */
  readonly #moves = new Map<string, number>();
  readonly #received = new Set<number>();
  readonly #proxy: TcpProxy;
  readonly #socket: Socket;
  /** Whether the server has answered since everything was mended. */
  #isProven = false;
  #returns: NodeJS.Timeout | null = null;

  private constructor({ client, namespace, transport }: WitnessSettings, proxy: TcpProxy) {
    this.client = client;
    this.namespace = namespace;
    this.transport = transport;
    this.#proxy = proxy;
    this.#socket = io(`${proxy.url}${namespace}`, {
      transports: [...transports[transport]],
      forceNew: true,
      reconnectionDelay: 10,
      reconnectionDelayMax: 100,
      timeout: 1000,
    });
    this.#socket.on("connect", () => this.#onConnect());
    this.#socket.on("disconnect", (reason) => this.#note({ type: "disconnect", reason }));
    this.#socket.on("said", ({ tag, publisher, number }: Origin & { tag: number }) => {
      this.#received.add(tag);
      this.#note({ type: "event", tag, publisher, number });
    });
  }

  /** Starts to connect. */
  static async open(settings: WitnessSettings): Promise<Witness> {
    return new Witness(settings, await TcpProxy.open(settings.nextPort));
  }

  /** Its public id; `null` while it is not connected. */
  get sid(): string | null {
    return this.#socket.connected ? (this.#socket.id ?? null) : null;
  }

  /** Whether it got an event. */
  has(tag: number): boolean {
    return this.#received.has(tag);
  }

  /** Whether it is connected and, as far as it was told, in the rooms that it wants to be in. */
  get isSettled(): boolean {
    const { connected } = this.#socket;
    return connected && this.#isProven && this.#unsure.size === 0 && this.rooms.size === this.#inside.size;
  }

  join(room: string): Promise<void> {
    this.rooms.add(room);
    return this.#move("join", room);
  }

  leave(room: string): Promise<void> {
    this.rooms.delete(room);
    return this.#move("leave", room);
  }

  /** Repeats what the server has not confirmed, and checks that the connection has not fallen silent. */
  async settle(): Promise<void> {
    const { sid } = this;
    this.#isProven = (await this.#ask("where")) !== null && this.sid === sid;
    const toJoin = [...this.rooms].filter((room) => !this.#inside.has(room));
    const toLeave = [...this.#unsure].filter((room) => !this.rooms.has(room));
    await Promise.all([
      ...toJoin.map((room) => this.#move("join", room)),
      ...toLeave.map((room) => this.#move("leave", room)),
    ]);
  }

  /**
   * Asks the server to send an event.
   *
   * @returns the origin; `null` if the event may have been sent, `undefined` if it was not
   */
  async say(said: Said): Promise<Origin | null | undefined> {
    if (!this.#socket.connected) return undefined;
    return this.#ask("say", said) as Promise<Origin | null>;
  }

  /** Cuts its connection, and prevents a new one for `away` ms. */
  cut(how: Interruption, away: number): void {
    if (away > 0) {
      if (this.#returns !== null) clearTimeout(this.#returns);
      this.#proxy.interrupt(how);
      this.#proxy.refuse();
      this.#returns = setTimeout(() => {
        this.#returns = null;
        this.#proxy.restore();
      }, away);
    } else {
      this.#proxy.interrupt(how);
    }
  }

  /** Leaves for good. */
  async end(): Promise<void> {
    if (this.#returns !== null) clearTimeout(this.#returns);
    this.#socket.off();
    this.#socket.disconnect();
    this.#socket.io.reconnection(false);
    this.#socket.io.engine?.close();
    await this.#proxy.stop();
  }

  #onConnect(): void {
    const { id: sid = "", recovered } = this.#socket;
    this.#note({ type: "connect", sid, recovered });
    void this.#ask("where").then((answer) => {
      if (answer === null || this.sid !== sid) return;
      this.#note({ type: "place", process: (answer as { process: string }).process });
    });
    if (recovered) return;
    this.#inside.clear();
    this.#unsure.clear();
    for (const room of this.rooms) void this.#move("join", room);
  }

  async #move(type: "join" | "leave", room: string): Promise<void> {
    const { sid } = this;
    // The next connection makes up for it.
    if (sid === null) {
      if (this.#inside.delete(room)) this.#unsure.add(room);
      return;
    }
    const move = (this.#moves.get(room) ?? 0) + 1;
    this.#moves.set(room, move);
    this.#note({ type, room });
    this.#inside.delete(room);
    this.#unsure.add(room);
    const answer = await this.#ask(type, room);
    // By now it may want something else.
    if (answer === null || this.sid !== sid || this.#moves.get(room) !== move) return;
    this.#unsure.delete(room);
    if (type === "join") this.#inside.add(room);
    this.#note({ type: type === "join" ? "joined" : "left", room });
  }

  /** The answer of the server; `null` if none comes. */
  async #ask(event: string, ...values: unknown[]): Promise<unknown> {
    return this.#socket
      .timeout(answerTimeout)
      .emitWithAck(event, ...values)
      .catch(() => null);
  }

  #note(entry: Entry extends infer E ? (E extends unknown ? Omit<E, "at"> : never) : never): void {
    this.entries.push({ at: performance.now(), ...entry } as Entry);
  }
}
