/** Events to rooms, each to a random one. */

import type { Connection, MessageListener } from "../load/connection.ts";
import type { Latencies } from "../load/latencies.ts";
import type { Load } from "../load/load.ts";
import { Random } from "../load/random.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

export const rooms: Scenario = {
  name: "rooms",
  description: "2 000 connections in 200 rooms; events to random rooms, 50 under way at once",
  unit: "delivery",
  units: "deliveries",
  metric: "cpu",
  sizes: {
    full: { connections: 2_000, rooms: 200, window: 50, messages: 150_000, warmUp: 120_000 },
    quick: { connections: 100, rooms: 10, window: 5, messages: 1_000, warmUp: 200 },
  },
  async run(
    load: Load,
    { connections, messages, warmUp, rooms = 1, roomsPerConnection = 1, window = 1 }: Size,
  ) {
    const members = await load.connect(connections);
    const names = Array.from({ length: rooms }, (_, index) => `room ${index}`);
    const roomsOf = (position: number) => spread(position, rooms, roomsPerConnection);
    await load.settled(
      joinAll(members, (position) =>
        roomsOf(position).map((room) => load.dialect.event("join", names[room] ?? "")),
      ),
    );
    const loop = new RoomLoop(members, {
      frames: names.map((name) => load.dialect.event("room", name, payload)),
      size: (connections * roomsPerConnection) / rooms,
      window,
      roomOf: roomsPerConnection === 1 ? (position) => position % rooms : null,
    });
    const events = Math.ceil(messages / loop.size);
    await load.settled(loop.run(Math.ceil(warmUp / loop.size)));
    return load.measure(events * loop.size, (latencies) => loop.run(events, latencies));
  },
};

/**
 * The rooms of one connection: neighbours are in different rooms, and all rooms have equally many members.
 */
function spread(position: number, rooms: number, roomsPerConnection: number): number[] {
  const stride = Math.max(1, Math.floor(rooms / roomsPerConnection));
  return Array.from({ length: roomsPerConnection }, (_, step) => (position + step * stride) % rooms);
}

/** Makes every connection join its rooms, and waits until all have joined. */
function joinAll(members: readonly Connection[], joinsOf: (position: number) => Buffer[]): Promise<void> {
  let missing = 0;
  return new Promise((resolve) => {
    const listener: MessageListener = {
      onMessage() {
        missing -= 1;
        if (missing === 0) resolve();
      },
    };
    for (const [position, member] of members.entries()) {
      const joins = joinsOf(position);
      missing += joins.length;
      member.listener = listener;
      member.write(Buffer.concat(joins));
    }
  });
}

/** The events of a {@link RoomLoop}. */
interface RoomEvents {
  /** For each room, the frame that sends an event to it. */
  readonly frames: readonly Uint8Array[];
  /** How many members each room has. */
  readonly size: number;
  /** How many events are pending at once. */
  readonly window: number;
  /** The room of a connection; `null` if each is in several rooms, and then latency is unknown. */
  readonly roomOf: ((position: number) => number) | null;
}

/** Keeps a number of events pending. */
class RoomLoop implements MessageListener {
  readonly #members: readonly Connection[];
  readonly #events: RoomEvents;
  readonly #random = new Random();
  /** When the events of each room were sent; each member gets them in that order. */
  readonly #sentAt: readonly number[][];
  /** How many events each member has got. */
  readonly #received: Int32Array;
  #toStart = 0;
  #missing = 0;
  #latencies: Latencies | null = null;
  #finish: () => void = () => {};

  constructor(members: readonly Connection[], events: RoomEvents) {
    this.#members = members;
    this.#events = events;
    this.#sentAt = events.frames.map(() => []);
    this.#received = new Int32Array(members.length);
    for (const [position, member] of members.entries()) {
      member.position = position;
      member.listener = this;
    }
  }

  /** How many members each room has. */
  get size(): number {
    return this.#events.size;
  }

  /** Sends this many events, and waits until all members have them. */
  run(events: number, latencies: Latencies | null = null): Promise<void> {
    this.#toStart = events;
    this.#missing = events * this.#events.size;
    this.#latencies = latencies;
    return new Promise((resolve) => {
      this.#finish = resolve;
      for (let event = 0; event < this.#events.window; event += 1) this.#sendNext();
    });
  }

  onMessage(member: Connection): void {
    if (this.#missing === 0) throw new Error("an unexpected message came");
    this.#missing -= 1;
    const { position } = member;
    const { roomOf } = this.#events;
    if (roomOf !== null) {
      const count = this.#received[position] ?? 0;
      this.#received[position] = count + 1;
      this.#latencies?.add(performance.now() - (this.#sentAt[roomOf(position)]?.[count] ?? 0));
    }
    if (this.#missing === 0) this.#finish();
    else if (this.#missing % this.#events.size === 0) this.#sendNext();
  }

  #sendNext(): void {
    if (this.#toStart === 0) return;
    this.#toStart -= 1;
    const room = this.#random.below(this.#events.frames.length);
    const frame = this.#events.frames[room];
    if (frame === undefined) return;
    this.#sentAt[room]?.push(performance.now());
    this.#members[this.#random.below(this.#members.length)]?.write(frame);
  }
}
