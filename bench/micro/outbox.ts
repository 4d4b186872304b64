/** Benchmarks of the outbox: queues packets for many connections, and flushes them. */

import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { payload } from "../scenarios/scenario.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { makeOutbox, Receiver } from "./receivers.ts";

const text = `42${JSON.stringify(["echo", payload])}`;

/** The benchmarks of the outbox. */
export function outboxBenchmarks(): MicroBenchmark[] {
  return [
    shared("1 packet to 1 000 connections", 1_000, 1),
    shared("20 packets to 500 connections", 500, 20),
    shared("20 packets to 500 connections, after a packet of its own to each", 500, 20, true),
    own("1 packet of its own to each of 100 connections", 100, 1),
    own("10 packets of its own to each of 100 connections", 100, 10),
  ];
}

/** All connections get the same packets. */
function shared(name: string, connections: number, packets: number, afterOwn = false): MicroBenchmark {
  const outbox = makeOutbox();
  const receivers = Array.from({ length: connections }, () => new Receiver(outbox));
  return {
    name,
    operations: connections * packets,
    run() {
      if (afterOwn) for (const receiver of receivers) receiver.send(new OutgoingPacket(text));
      for (let index = 0; index < packets; index += 1) {
        const packet = new OutgoingPacket(text);
        packet.isShared = true;
        for (const receiver of receivers) receiver.send(packet);
      }
      outbox.flush();
    },
  };
}

/** Each connection gets packets of its own. */
function own(name: string, connections: number, packets: number): MicroBenchmark {
  const outbox = makeOutbox();
  const receivers = Array.from({ length: connections }, () => new Receiver(outbox));
  return {
    name,
    operations: connections * packets,
    run() {
      for (const receiver of receivers) {
        for (let index = 0; index < packets; index += 1) receiver.send(new OutgoingPacket(text));
      }
      outbox.flush();
    },
  };
}
