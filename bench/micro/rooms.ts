/** Benchmarks of joining and leaving rooms. */

import { Rooms } from "../../src/core/socket/rooms.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { makeOutbox, makeSockets } from "./receivers.ts";

/** The benchmarks of rooms. */
export function roomsBenchmarks(): MicroBenchmark[] {
  const sockets = makeSockets(1_000, makeOutbox());
  const names = Array.from({ length: 100 }, (_, index) => `room ${index}`);
  const crowded = new Rooms();
  const empty = new Rooms();
  for (const [index, socket] of sockets.entries()) {
    if (index > 0) crowded.join(socket, "crowd");
  }
  const [first] = sockets;
  return [
    {
      name: "join and leave a room of 1 000",
      run() {
        if (first === undefined) return;
        crowded.join(first, "crowd");
        crowded.leave(first, "crowd");
      },
    },
    {
      name: "make and end a room",
      run() {
        if (first === undefined) return;
        empty.join(first, "alone");
        empty.leave(first, "alone");
      },
    },
    {
      name: "1 000 sockets join and leave 5 of 100 rooms",
      operations: 5_000,
      run() {
        for (const [index, socket] of sockets.entries()) {
          for (let step = 0; step < 5; step += 1) empty.join(socket, names[(index + step) % 100] ?? "");
        }
        for (const [index, socket] of sockets.entries()) {
          for (let step = 0; step < 5; step += 1) empty.leave(socket, names[(index + step) % 100] ?? "");
        }
      },
    },
  ];
}
