/**
 * Rooms whose members sit on chosen processes, and events to them.
 * The load has a fixed rate, or runs as fast as the processes accept events.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, MessageListener } from "../load/connection.ts";
import { ConnectionPool } from "../load/connection-pool.ts";
import { dialects } from "../load/dialect.ts";
import { Random } from "../load/random.ts";

const dialect = dialects["socket.io"];
/** How long to wait for messages, in ms. */
const patience = 10_000;
/** After this long without a message, no further one is expected; in ms. */
const calm = 300;
/** How often due events are sent, in ms. */
const step = 2;
/** How many events are pending at once without a fixed rate: more than all processes take in one step. */
const window = 256;

/** For each room, the process of each member. */
export type Placement = readonly (readonly number[])[];

/** Rooms of equal size. The members of each sit on `spread` neighbouring processes. */
export function place(rooms: number, members: number, spread: number, processes: number): Placement {
  return Array.from({ length: rooms }, (_, room) =>
    Array.from({ length: members }, (_, member) => (room + (member % spread)) % processes),
  );
}

/** The result of sending events. */
export interface Sent {
  /** How many deliveries there were. */
  readonly deliveries: number;
  readonly seconds: number;
}

/** The connections of one placement. */
export class RoomLoad implements MessageListener {
  readonly #pools: readonly ConnectionPool[];
  readonly #failure: Promise<never>;
  readonly #random = new Random();
  readonly #prefix: string;
  #rooms: readonly (readonly Connection[])[] = [];
  #received = 0;
  #expected = 0;

  /**
   * @param ports - the port of each process
   * @param prefix - the prefix of its room names, so that two loads of one fleet have separate rooms
   */
  constructor(ports: readonly number[], prefix = "room") {
    this.#prefix = prefix;
    let fail: (error: Error) => void = () => {};
    this.#failure = new Promise((_, reject) => {
      fail = reject;
    });
    // Every wait races against it, so a rejection without a wait is no error.
    this.#failure.catch(() => {});
    this.#pools = ports.map((port) => new ConnectionPool(port, dialect, fail));
  }

  /** Connects the members of all rooms, each of which joins its room. */
  async open(placement: Placement): Promise<void> {
    const processes = placement.flat();
    const byProcess = await Promise.all(
      this.#pools.map((pool, index) => {
        const count = processes.filter((process) => process === index).length;
        return count === 0 ? [] : this.#settled(pool.connect(count));
      }),
    );
    this.#rooms = placement.map((members) =>
      members.map((process) => {
        const connection = byProcess[process]?.pop();
        if (connection === undefined) throw new Error("there are too few connections");
        return connection;
      }),
    );
    for (const [room, members] of this.#rooms.entries()) {
      for (const member of members) {
        member.listener = this;
        member.write(dialect.event("join", this.#nameOf(room)));
        this.#expected += 1;
      }
    }
    await this.#arrived();
  }

  /**
   * Sends this many events as fast as processes accept them, and waits for those that come.
   * Some may be lost until the processes know each other's members.
   */
  async warmUp(events: number, payload: string): Promise<void> {
    const frames = this.#frames(payload);
    let last = { received: this.#received, at: performance.now() };
    for (let sent = 0; sent < events || this.#received < this.#expected; await this.#settled(sleep(step))) {
      const now = performance.now();
      if (this.#received !== last.received) last = { received: this.#received, at: now };
      else if (now - last.at > calm) this.#expected = this.#received;
      for (; sent < events && this.#hasRoom(); sent += 1) this.#send(frames);
    }
  }

  /**
   * Sends this many events, and waits until all their members have them.
   *
   * @param rate - events per second; `null` for as many as processes accept
   * @returns the number of deliveries, and the time in seconds
   * @throws Error when an event is lost, or arrives twice
   */
  async run(events: number, rate: number | null, payload: string): Promise<Sent> {
    const frames = this.#frames(payload);
    const before = this.#expected;
    const startedAt = performance.now();
    for (let sent = 0; sent < events; await this.#settled(sleep(step))) {
      const due = rate === null ? events : ((performance.now() - startedAt) * rate) / 1000;
      for (; sent < Math.min(events, due) && (rate !== null || this.#hasRoom()); sent += 1)
        this.#send(frames);
    }
    await this.#arrived();
    return { deliveries: this.#expected - before, seconds: (performance.now() - startedAt) / 1000 };
  }

  /** Waits for a time, and fails if a connection is lost or a message comes in that time. */
  async rest(milliseconds: number): Promise<void> {
    await this.#settled(sleep(milliseconds));
    if (this.#received > this.#expected) throw new Error("an unexpected message came");
  }

  onMessage(): void {
    this.#received += 1;
  }

  /** Drops all connections. */
  close(): void {
    for (const pool of this.#pools) pool.drop();
  }

  #frames(payload: string): Buffer[] {
    return this.#rooms.map((_, room) => dialect.event("room", this.#nameOf(room), payload));
  }

  /** Sends one event to a random room, from one of its members. */
  #send(frames: readonly Buffer[]): void {
    const room = this.#random.below(this.#rooms.length);
    const members = this.#rooms[room] ?? [];
    const frame = frames[room];
    if (frame === undefined) return;
    members[this.#random.below(members.length)]?.write(frame);
    this.#expected += members.length;
  }

  #hasRoom(): boolean {
    const size = this.#rooms[0]?.length ?? 0;
    return this.#expected - this.#received < window * size;
  }

  async #arrived(): Promise<void> {
    const end = performance.now() + patience;
    while (this.#received < this.#expected) {
      await this.#settled(sleep(2));
      if (performance.now() > end)
        throw new Error(`${this.#expected - this.#received} of ${this.#expected} messages did not come`);
    }
  }

  #nameOf(room: number): string {
    return `${this.#prefix} ${room}`;
  }

  #settled<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#failure]);
  }
}
