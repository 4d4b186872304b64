/** A stock client that keeps book of all that it sees and does. */

import { io, type Socket } from "socket.io-client";
import { type Interruption, TcpProxy } from "../support/tcp-proxy.ts";
import type { Said } from "./control.ts";
import type { Account, Entry, Origin } from "./history.ts";

/** How long the server may take to confirm something, in ms. */
const answerTimeout = 4000;

/** How a client is made. */
export interface WitnessSettings {
  readonly client: string;
  readonly namespace: string;
  readonly transport: "websocket" | "polling" | "upgrade";
  /** Where its next connection leads: to any process. */
  readonly nextPort: () => number;
}

const transports = {
  websocket: ["websocket"],
  polling: ["polling"],
  upgrade: ["polling", "websocket"],
} as const;

/** See above. */
export class Witness implements Account {
  readonly client: string;
  readonly namespace: string;
  readonly transport: string;
  readonly entries: Entry[] = [];
  /** The rooms that it wants to be in. */
  readonly rooms = new Set<string>();
  /** The rooms of which the server has said that it is inside. */
  readonly #inside = new Set<string>();
  /** The rooms of which nobody knows. */
  readonly #unsure = new Set<string>();
  /** How often it has asked to join or to leave each room. */
  readonly #moves = new Map<string, number>();
  readonly #received = new Set<number>();
  readonly #proxy: TcpProxy;
  readonly #socket: Socket;
  /** Whether the server has answered since all was mended. */
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

  /** Begins to connect. */
  static async open(settings: WitnessSettings): Promise<Witness> {
    return new Witness(settings, await TcpProxy.open(settings.nextPort));
  }

  /** Its public id; `null` while it is not connected. */
  get sid(): string | null {
    return this.#socket.connected ? (this.#socket.id ?? null) : null;
  }

  /** Whether it has got an event. */
  has(tag: number): boolean {
    return this.#received.has(tag);
  }

  /** Whether it is connected and in the rooms that it wants to be in, for all that it was told. */
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

  /** Does again what the server has not confirmed, and finds out whether the connection lives: it may have fallen silent. */
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
   * @returns who sent it; `null` where it is not known whether it was sent, `undefined` where it was not
   */
  async say(said: Said): Promise<Origin | null | undefined> {
    if (!this.#socket.connected) return undefined;
    return this.#ask("say", said) as Promise<Origin | null>;
  }

  /** Loses the connection, and finds none for a while. */
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

  /** Goes for good. */
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
    // It is made up for as soon as there is a connection.
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
    // Meanwhile it may have wanted something else.
    if (answer === null || this.sid !== sid || this.#moves.get(room) !== move) return;
    this.#unsure.delete(room);
    if (type === "join") this.#inside.add(room);
    this.#note({ type: type === "join" ? "joined" : "left", room });
  }

  /** What the server answers; `null` where it does not. */
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
