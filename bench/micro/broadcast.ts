/** Benchmarks of a broadcast: from an event to every socket of a namespace, up to the write. */

import { type NamespaceHandlers, OpenNamespace } from "../../src/core/namespace/open-namespace.ts";
import { jsonCodec } from "../../src/core/packet/codec.ts";
import { payload } from "../scenarios/scenario.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { makeOutbox, makeSockets } from "./receivers.ts";

const handlers: NamespaceHandlers = { connect: () => undefined, event() {}, disconnect() {} };

/** The benchmarks of broadcasts. */
export function broadcastBenchmarks(): MicroBenchmark[] {
  const outbox = makeOutbox();
  const sockets = makeSockets(1_000, outbox);
  const namespace = new OpenNamespace("/", handlers);
  for (const [index, socket] of sockets.entries()) {
    namespace.add(socket);
    namespace.rooms.join(socket, `room ${index % 10}`);
  }
  outbox.flush();
  const skipped = [sockets[0]?.sid ?? ""];
  const send = (rooms: readonly string[] | null, skip: readonly string[] | null) => {
    const target = { namespace: "/", sid: null, rooms, skip };
    const count = namespace.broadcast(jsonCodec.event("/", "news", [payload]).plain(), target);
    outbox.flush();
    return count;
  };
  return [
    { name: "to all of 1 000", operations: 1_000, run: () => send(null, null) },
    { name: "to all of 1 000 but the sender", operations: 999, run: () => send(null, skipped) },
    { name: "to a room of 100", operations: 100, run: () => send(["room 3"], null) },
    { name: "to two rooms of 100", operations: 200, run: () => send(["room 3", "room 4"], null) },
    { name: "to one socket by its sid", run: () => send(["socket 5"], null) },
  ];
}
