/** Clients that connect, join rooms and leave. */

import type { Connection, MessageListener } from "../../load/connection.ts";
import type { Latencies } from "../../load/latencies.ts";
import type { Load } from "../../load/load.ts";
import type { Scenario, Size } from "../scenario.ts";

const roomsEach = 5;

export const churn: Scenario = {
  name: "churn",
  description: "clients that connect, join 5 rooms and leave, 64 handshakes at once",
  unit: "visit",
  units: "visits",
  metric: "cpu",
  sizes: {
    full: { connections: 0, rooms: 100, messages: 3_000, warmUp: 1_000 },
    quick: { connections: 0, rooms: 10, messages: 100, warmUp: 50 },
  },
  async run(load: Load, { messages, warmUp, rooms = 1 }: Size) {
    const joins = Array.from({ length: rooms }, (_, first) =>
      Buffer.concat(
        Array.from({ length: roomsEach }, (_, step) =>
          load.dialect.event("join", `room ${(first + step) % rooms}`),
        ),
      ),
    );
    await load.settled(visits(load, warmUp, joins, null));
    return load.measure(messages, (latencies) => visits(load, messages, joins, latencies));
  },
};

/** Runs this many visits of clients. */
async function visits(
  load: Load,
  count: number,
  joins: readonly Buffer[],
  latencies: Latencies | null,
): Promise<void> {
  const ends: Promise<void>[] = [];
  await load.connect(count, {
    onHandshake(connection, milliseconds) {
      latencies?.add(milliseconds);
      ends.push(stay(load, connection, joins[ends.length % joins.length] ?? Buffer.alloc(0)));
    },
  });
  await Promise.all(ends);
}

/** Joins the rooms, and disconnects once that is done. */
async function stay(load: Load, connection: Connection, joins: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    let missing = roomsEach;
    const listener: MessageListener = {
      onMessage() {
        missing -= 1;
        if (missing === 0) resolve();
      },
    };
    connection.listener = listener;
    connection.write(joins);
  });
  await load.close(connection);
}
